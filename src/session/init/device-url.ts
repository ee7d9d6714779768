/** Whether a value of `--bigip` names a device to ask instead of describing one. */
export function namesDevice(text: string): boolean {
  return /^https?:\/\//i.test(text);
}
