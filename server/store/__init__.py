"""The database: the only place that knows SQL, peewee, apsw and psycopg. Ids and values in, values out."""
