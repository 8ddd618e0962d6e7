-- The accounts and e-mails that identifications have named before they were taken back.
SELECT taken_back FROM identities WHERE taken_back IS NOT NULL
UNION
SELECT 'email:' || taken_email FROM identities WHERE taken_back IS NOT NULL AND taken_email IS NOT NULL;
