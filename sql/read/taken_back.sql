-- The browsers on which identifications were taken back.
SELECT DISTINCT glue_user_id FROM identities WHERE taken_back IS NOT NULL;
