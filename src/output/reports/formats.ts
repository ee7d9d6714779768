/** The formats of `validate`, the default first. */
export const REPORT_FORMATS = ['text', 'json', 'sarif', 'junit', 'github'] as const;
