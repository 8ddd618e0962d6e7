-- When the next item on which the home has failed is due.
SELECT min(next_try) FROM outbox WHERE attempts > 0;
