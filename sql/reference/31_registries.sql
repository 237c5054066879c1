-- The six collections that flows keep in sync with Agent Data. Their document ids are made of `id` alone, since that is
-- all that a delete still knows. No cascade between them: a cascaded delete would fire no flow.
set role estate_owner;

create table public.table_registry (
    id          serial primary key,
    code        varchar(64) not null unique,
    table_id    varchar(64) not null unique,
    name        varchar(255) not null,
    description text
);
create table public.workflow_categories (
    id   serial primary key,
    code varchar(64) not null unique,
    name varchar(255) not null
);
create table public.workflows (
    id          serial primary key,
    code        varchar(64) not null unique,
    name        varchar(255) not null,
    category_id integer references public.workflow_categories
);
create table public.workflow_steps (
    id          serial primary key,
    code        varchar(64) not null unique,
    name        varchar(255) not null,
    workflow_id integer not null references public.workflows,
    sort        integer not null
);
create table public.workflow_change_requests (
    id          serial primary key,
    code        varchar(64) not null unique,
    name        varchar(255) not null,
    workflow_id integer references public.workflows,
    status      varchar(20) not null default 'draft'
);
create table public.workflow_step_relations (
    id        serial primary key,
    code      varchar(64) not null unique,
    name      varchar(255) not null,
    from_step integer not null references public.workflow_steps,
    to_step   integer not null references public.workflow_steps
);

insert into public.table_registry (code, table_id, name) values
    ('TBL-001', 'tbl_workflow_list', 'Workflow list'), ('TBL-002', 'tbl_workflow_steps', 'Workflow steps');
insert into public.workflow_categories (code, name) values ('C1-GEN', 'General'), ('C2-FIN', 'Finance');
insert into public.workflows (code, name, category_id) values ('WF-001', 'Task approval', 1), ('WF-002', 'Invoice', 2);
insert into public.workflow_steps (code, name, workflow_id, sort) values
    ('start', 'Start', 1, 1), ('draft', 'Draft', 1, 2), ('review', 'Review', 1, 3), ('approve', 'Approve', 1, 4),
    ('task_created', 'Task created', 1, 5), ('task_submitted', 'Task submitted', 1, 6);
insert into public.workflow_change_requests (code, name, workflow_id) values ('WCR-001', 'Add a second approver', 1);
insert into public.workflow_step_relations (code, name, from_step, to_step)
select 'WSR-00' || n, 'step ' || n || ' to ' || n + 1, n, n + 1 from generate_series(1, 5) as n;

insert into public.directus_collections (collection, icon, note, sort)
select collection_name, icon, 'governed; see collection_registry', row_number() over (order by id)
  from public.collection_registry where "group" in ('registry', 'workflow');

reset role;
