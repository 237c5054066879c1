-- IU core, second half: collections, templates and what is composed from them, events and routes, vectors,
-- and the configuration with the two gates.
set role estate_owner;

create table public.dot_config (
    key         text primary key,
    value       text not null,
    description text not null default '',
    updated_at  timestamptz not null default now()
);

create table public.iu_collection (
    id    uuid primary key default gen_random_uuid(),
    code  text not null unique,
    title text not null,
    holds text not null default 'unit' check (holds in ('unit', 'template'))
);

create table public.iu_template (
    id          uuid primary key default gen_random_uuid(),
    code        text not null unique,
    title       text not null,
    status      text not null default 'draft' check (status in ('draft', 'published', 'withdrawn')),
    actor       text not null,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now()
);

create table public.iu_template_piece (
    template_id  uuid not null references public.iu_template on delete cascade,
    position     integer not null,
    section_type text not null references public.iu_section_type,
    title        text not null,
    primary key (template_id, position)
);

-- An item is a unit or a template, as the collection holds.
create table public.iu_collection_item (
    collection_id uuid not null references public.iu_collection on delete cascade,
    item_id       uuid not null,
    position      integer not null,
    actor         text not null,
    primary key (collection_id, item_id)
);

create table public.iu_event_type (
    code        text primary key,
    domain      text not null,
    description text not null
);

-- Append-only: a trigger refuses UPDATE and DELETE.
create table public.iu_event (
    id          uuid primary key default gen_random_uuid(),
    event_type  text not null references public.iu_event_type,
    subject     text not null,
    payload     jsonb not null default '{}',
    actor       text not null,
    occurred_at timestamptz not null default now()
);
create index iu_event_type_idx on public.iu_event (event_type, occurred_at);

create table public.iu_route (
    code       text primary key,
    event_type text not null references public.iu_event_type,
    target     text not null,
    enabled    boolean not null default true
);

create table public.iu_event_delivery (
    event_id     uuid not null references public.iu_event,
    route_code   text not null references public.iu_route,
    delivered_at timestamptz not null default now(),
    primary key (event_id, route_code)
);

-- `actor` is what a rollback goes by; one event makes one instance of a template under one key.
create table public.iu_instance (
    id            uuid primary key default gen_random_uuid(),
    instance_key  text not null,
    template_id   uuid not null references public.iu_template,
    collection_id uuid not null references public.iu_collection,
    event_id      uuid not null,
    actor         text not null,
    note          text,
    created_at    timestamptz not null default now(),
    unique (event_id, template_id, instance_key)
);
create index iu_instance_actor_idx on public.iu_instance (actor);

create table public.iu_instance_piece (
    instance_id  uuid not null references public.iu_instance on delete cascade,
    position     integer not null,
    section_type text not null references public.iu_section_type,
    title        text not null,
    primary key (instance_id, position)
);

-- The trail of the orchestrator: what a live call made or took away. A call that changed nothing leaves no row.
create table public.iu_auto_instantiate_run (
    id        uuid primary key default gen_random_uuid(),
    action    text not null check (action in ('instantiate', 'rollback')),
    event_id  uuid,
    actor     text not null,
    instances integer not null,
    note      text,
    ran_at    timestamptz not null default now()
);

create table public.iu_snapshot (
    id       uuid primary key default gen_random_uuid(),
    label    text not null,
    counts   jsonb not null,
    actor    text not null,
    taken_at timestamptz not null default now()
);

create table public.iu_vector_collection (
    name       text primary key,
    dimension  integer not null check (dimension between 1 and 16000),
    metric     text not null,
    status     text not null default 'planned' check (status in ('planned', 'registered', 'retired')),
    actor      text not null,
    updated_at timestamptz not null default now()
);

create table public.iu_vector_item (
    collection_name text not null references public.iu_vector_collection,
    unit_id         uuid not null references public.iu_unit on delete cascade,
    embedded_at     timestamptz not null default now(),
    primary key (collection_name, unit_id)
);

reset role;
