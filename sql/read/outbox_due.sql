-- The item on which the home has failed and that is due first. One that is due later than the longest pause stands for a clock that was set back.
SELECT id, CAST(item AS BLOB) AS item, attempts FROM outbox
WHERE attempts > 0 AND (next_try <= @now OR next_try > @horizon) ORDER BY next_try LIMIT 1;
