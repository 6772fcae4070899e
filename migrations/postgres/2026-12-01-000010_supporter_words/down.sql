DROP INDEX holder_particulars_unfolded;
DROP TABLE supporter_words;
