-- Who put something into the cart, did not buy behind that, and can be written to?
--   sqlite3 -readonly -box data/dataglue.db < sql/queries/almost_bought.sql
SELECT person, max(CASE WHEN event = 'add_to_cart' THEN timestamp END) AS last_cart, max(CASE WHEN event = 'purchase' THEN timestamp END) AS last_purchase
FROM journeys
WHERE person NOT LIKE 'browser:%'
GROUP BY person
HAVING last_cart IS NOT NULL AND last_cart > coalesce(last_purchase, '')
ORDER BY last_cart DESC;
