// A D1 database as a Worker sees it. Each request is one batch, which D1 runs as one transaction, or an export.
export default {
  async fetch(request, env) {
    const { database, batch, dump } = await request.json();
    try {
      return Response.json(dump ? await dumpOf(env[database], dump) : await resultsOf(env[database], batch));
    } catch (error) {
      return Response.json({ error: error.message });
    }
  },
};

async function resultsOf(database, batch) {
  const results = await database.batch(batch.map(({ sql, params }) => database.prepare(sql).bind(...params)));
  return { results: results.map(({ results: rows, meta }) => ({ rows: rows.map(exact), changes: meta.changes })) };
}

// What `wrangler d1 export --local` asks for, and writes to its file line by line.
async function dumpOf(database, { schema, data, tables }) {
  const [lines] = await database.prepare('PRAGMA miniflare_d1_export(?,?,?);').bind(schema ? 0 : 1, data ? 0 : 1, ...tables).raw();
  return { lines };
}

// D1 hands out every number as a double: a greater whole number would be compared with what it was rounded to.
function exact(row) {
  for (const [name, value] of Object.entries(row)) {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw new Error(`${name} is a whole number beyond 2^53, which D1 does not hand out exactly`);
    }
  }
  return row;
}
