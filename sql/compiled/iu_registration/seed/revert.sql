-- iu_registration: the registration of v_ui_iu_three_axis_envelope (seed, revert)
\set ON_ERROR_STOP on
\encoding UTF8
begin;
set local search_path = pg_catalog, pg_temp;

-- Nothing was inserted, so there is nothing to remove.

-- Nothing was inserted, so there is nothing to remove.

commit;
