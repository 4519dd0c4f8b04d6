// The function that orval's client sends each request with; it adds the host, which the generated paths lack.
import { apiUrl } from "./harness.mjs";

export async function sendRequest<Result>(path: string, options: RequestInit): Promise<Result> {
  const response = await fetch(`${apiUrl}${path}`, options);
  return { data: await response.json(), status: response.status, headers: response.headers } as Result;
}
