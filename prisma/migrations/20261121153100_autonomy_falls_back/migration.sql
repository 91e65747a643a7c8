-- That TwinQL stopped acting by itself is an alarm, on the channel that gave rise to it.
-- It is not used here: a value of an enum exists for others only once the transaction that adds it is over.

alter type alarm_cause add value 'AUTONOMY_FELL_BACK';
