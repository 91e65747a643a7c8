-- What no reading can ever show is asked of no channel: near the greatest float, even comparing the two would overflow.

-- What was asked for further out is kept as the furthest: nothing could show it either way.
update commands set desired = sign(desired) * 1e100 where abs(desired) > 1e100;
alter table commands drop constraint commands_desired_check;
alter table commands add constraint commands_desired_check check (desired between -1e100 and 1e100);
