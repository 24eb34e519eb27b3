/** Where the server is, without a slash at the end. The page is at its `/workbench`, which a proxy may show under a longer path. */
export const serverUrl = new URL('.', location.href).href.replace(/\/$/, '');
