DROP TABLE gift_list_uploads;
DROP TABLE gift_list_mappings;
DROP TABLE quiet_receipts;
DROP TABLE gift_lists;
