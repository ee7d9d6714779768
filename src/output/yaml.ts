export { stringify as yamlText } from 'yaml';
