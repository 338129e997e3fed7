/** What is said of datasets that keep their pictures in the rows: lerobot trains on them, nothing here shows or copies them. */

/** @param verb what cannot be done, as a participle */
export function picturesInRows(root: string, feature: string, verb: 'copied' | 'shown'): string {
  return `${root}: ${feature} is of the type image, which cannot be ${verb}; store cameras as video (lerobot-edit-dataset --operation.type convert_image_to_video)`;
}
