-- What decisions recommend beside the first measures.
-- None of them is used here: a value of an enum exists for others only once the transaction that adds it is over.

alter type decision_action add value 'RAISE_COOLING';
alter type decision_action add value 'SHED_LOAD';
alter type decision_action add value 'SHIFT_LOAD';
alter type decision_action add value 'SET_VALUE';
alter type decision_action add value 'RECALIBRATE';
alter type decision_action add value 'REPLACE_SENSOR';
alter type decision_action add value 'SUBSTITUTE_SENSOR';
alter type decision_action add value 'INSUFFICIENT_HISTORY';
