DROP TABLE stranger_requests;
