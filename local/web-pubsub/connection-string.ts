/**
 * The port has its own key: libraries that read it from the endpoint accept this form too, but not all of them
 * accept the other one.
 */
export function connectionString(port: number, accessKey: string): string {
  return `Endpoint=http://localhost;AccessKey=${accessKey};Port=${port};Version=1.0;`;
}
