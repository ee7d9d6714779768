export function withoutGenerators(code: string): string;
