/** Where an object store is, and who we are there. */
export interface S3Settings {
  /** Without the bucket and without a slash at the end, e.g. `https://s3.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}
