// Libraries read this when they are used; without it, Express would run in its development mode.
process.env.NODE_ENV = 'production';

export const port = Number(process.env.PORT || 3000);

/** A setting that has no sensible default. */
export function setting(name) {
  const value = process.env[name];
  if (!value) {
    console.error(`${name} is not set`);
    process.exit(1);
  }
  return value;
}
