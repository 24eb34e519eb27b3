/** A prompt as it is kept beside its task to be searched. No database takes U+0000 in a text. */
export function searchText(prompt: string): string {
  return prompt.normalize('NFKC').toLowerCase().replaceAll('\0', ' ');
}
