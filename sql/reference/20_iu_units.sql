-- IU core, first half: information units, and the three axes along which a unit is found
-- (A: its place in a document, B: its tags, C: its place in the tree).
set role estate_owner;

create table public.iu_unit_kind (
    code  text primary key,
    label text not null
);

create table public.iu_section_type (
    code       text primary key,
    label      text not null,
    sort_order integer not null default 0
);

create table public.iu_unit (
    id                uuid primary key default gen_random_uuid(),
    canonical_address text not null unique,
    unit_kind         text not null references public.iu_unit_kind,
    section_type      text not null references public.iu_section_type,
    title             text not null,
    body              text not null default '',
    lifecycle_status  text not null default 'draft' check (lifecycle_status in ('draft', 'active', 'retired')),
    actor             text not null,
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now()
);
create index iu_unit_status_idx on public.iu_unit (lifecycle_status);

create table public.iu_unit_version (
    unit_id     uuid not null references public.iu_unit on delete cascade,
    version     integer not null,
    title       text not null,
    body        text not null,
    status      text not null,
    actor       text not null,
    recorded_at timestamptz not null default now(),
    primary key (unit_id, version)
);

create table public.iu_unit_alias (
    alias   text primary key,
    unit_id uuid not null references public.iu_unit on delete cascade
);

create table public.iu_unit_note (
    id         uuid primary key default gen_random_uuid(),
    unit_id    uuid not null references public.iu_unit on delete cascade,
    note       text not null,
    actor      text not null,
    created_at timestamptz not null default now()
);

create table public.iu_document (
    code  text primary key,
    title text not null
);

create table public.iu_document_section (
    document_code text not null references public.iu_document on delete cascade,
    section_code  text not null,
    title         text not null,
    primary key (document_code, section_code)
);

-- Axis A. A unit stands in one document at most.
create table public.iu_placement (
    unit_id       uuid primary key references public.iu_unit on delete cascade,
    document_code text not null,
    section_code  text not null,
    sort_order    integer not null,
    actor         text not null,
    foreign key (document_code, section_code) references public.iu_document_section,
    unique (document_code, sort_order)
);

-- Axis B.
create table public.iu_tag_source (
    code  text primary key,
    label text not null
);

create table public.iu_tag (
    code  text primary key,
    label text not null
);

create table public.iu_unit_tag (
    unit_id  uuid not null references public.iu_unit on delete cascade,
    tag_code text not null references public.iu_tag,
    source   text not null references public.iu_tag_source,
    actor    text not null,
    primary key (unit_id, tag_code, source)
);
create index iu_unit_tag_code_idx on public.iu_unit_tag (tag_code);

-- Axis C.
create table public.iu_hierarchy (
    child_id  uuid primary key references public.iu_unit on delete cascade,
    parent_id uuid not null references public.iu_unit on delete restrict,
    actor     text not null,
    check (child_id <> parent_id)
);
create index iu_hierarchy_parent_idx on public.iu_hierarchy (parent_id);

create table public.iu_relation_kind (
    code     text primary key,
    label    text not null,
    directed boolean not null default true
);

create table public.iu_relation (
    from_id uuid not null references public.iu_unit on delete cascade,
    to_id   uuid not null references public.iu_unit on delete cascade,
    kind    text not null references public.iu_relation_kind,
    primary key (from_id, to_id, kind)
);

reset role;
