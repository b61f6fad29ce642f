// Ends with 0 where the service of this container is ready, else with 1 and the reason.
const url = `http://127.0.0.1:${process.env.PORT ?? "8080"}/readyz`;
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(4_000) });
  process.stdout.write(`${await response.text()}\n`);
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  process.stdout.write(`${url}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
