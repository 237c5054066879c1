-- Shows three layers a statement that each must refuse, and raises, naming the layer, if one does not. None of
-- the statements does harm where it is let through: it reads a version, makes a table that goes with the
-- session, and changes a setting of this transaction.
do $self_test$
begin
    begin
        perform pg_catalog.pg_read_file('PG_VERSION');
        raise exception using errcode = 'assert_failure', message = 'role';
    exception when insufficient_privilege then
        null;
    end;
    begin
        create temporary table compliance_self_test ();
        raise exception using errcode = 'assert_failure', message = 'transaction';
    exception when read_only_sql_transaction then
        null;
    end;
    begin
        perform pg_catalog.set_config('transaction_read_only', 'off', true);
        raise exception using errcode = 'assert_failure', message = 'seal';
    exception when active_sql_transaction then
        null;
    end;
end
$self_test$
