DROP INDEX standing_orders_begun;
DROP INDEX entries_corrects;
