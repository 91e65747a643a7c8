-- A limit that will be crossed is an alarm before it is: people have time to act only then.
-- It is not used here: a value of an enum exists for others only once the transaction that adds it is over.

alter type alarm_cause add value 'LIMIT_FORESEEN';
