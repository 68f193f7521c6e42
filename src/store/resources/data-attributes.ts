// Reads and writes the definitions of custom attributes; commands write them as part of their transaction. Attributes
// of companies exist in the REST API only: no workflow and no channel uses them.

import type { DataType } from '../../core/model/model.ts';
import type { Connection } from '../../database/pool.ts';

export type AttributeModel = 'contact' | 'company' | 'conversation';

/** The fields that a teammate may set after creation. */
export type AttributeDetails = {
  readonly description: string | null;
  readonly options: readonly string[];
  readonly messengerWritable: boolean;
  readonly isArchived: boolean;
};

export type StoredAttribute = AttributeDetails & {
  readonly id: number;
  readonly model: AttributeModel;
  readonly name: string;
  readonly dataType: DataType;
  readonly label: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** The teammate who created it; null: `parley apply` did. */
  readonly adminId: number | null;
};

export type NewAttribute = Omit<
  StoredAttribute,
  'id' | 'createdAt' | 'updatedAt' | 'isArchived' | 'label'
>;

const columns = `id, model, name, data_type as "dataType", options, label, description,
  messenger_writable as "messengerWritable", is_archived as "isArchived", admin_id as "adminId",
  created_at as "createdAt", updated_at as "updatedAt"`;

/** Lists the attributes, in the order of creation. @param filter `model`: null for all. */
export async function listAttributes(
  connection: Connection,
  workspaceId: number,
  filter: { readonly model: AttributeModel | null; readonly isArchivedIncluded: boolean },
): Promise<StoredAttribute[]> {
  const { rows } = await connection.query<StoredAttribute>({
    name: 'list_data_attributes',
    text: `select ${columns} from data_attributes
      where workspace_id = $1 and ($2::text is null or model = $2) and ($3 or not is_archived)
      order by id`,
    values: [workspaceId, filter.model, filter.isArchivedIncluded],
  });
  return rows;
}

/** Finds an attribute and locks it until the end of the transaction, so that concurrent changes do not mix. */
export async function lockAttribute(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<StoredAttribute | null> {
  const { rows } = await connection.query<StoredAttribute>({
    name: 'lock_data_attribute',
    text: `select ${columns} from data_attributes where workspace_id = $1 and id = $2 for update`,
    values: [workspaceId, id],
  });
  return rows[0] ?? null;
}

/** Finds the models that have an attribute of this name. */
export async function findModelsWithName(
  connection: Connection,
  workspaceId: number,
  name: string,
): Promise<AttributeModel[]> {
  const { rows } = await connection.query<{ model: AttributeModel }>({
    name: 'find_models_with_attribute',
    text: 'select model from data_attributes where workspace_id = $1 and name = $2',
    values: [workspaceId, name],
  });
  return rows.map(({ model }) => model);
}

/** Finds which of the names are used for contacts or companies, which share their names. */
export async function findTakenNames(
  connection: Connection,
  workspaceId: number,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set();
  const { rows } = await connection.query<{ name: string }>({
    name: 'find_taken_attribute_names',
    text: `select name from data_attributes
      where workspace_id = $1 and name = any($2) and model <> 'conversation'`,
    values: [workspaceId, names],
  });
  return new Set(rows.map(({ name }) => name));
}

/** Makes other commands that create attributes wait until the transaction ends: a name is one of contacts or companies. */
export async function lockAttributeNames(
  connection: Connection,
  workspaceId: number,
): Promise<void> {
  await connection.query({
    name: 'lock_attribute_names',
    text: `select pg_advisory_xact_lock(hashtextextended('names of data attributes', $1::bigint))`,
    values: [workspaceId],
  });
}

/** Inserts an attribute. @returns null if the model has one of this name. */
export async function insertAttribute(
  connection: Connection,
  workspaceId: number,
  attribute: NewAttribute,
): Promise<StoredAttribute | null> {
  const { model, name, dataType, options, description, messengerWritable, adminId } = attribute;
  const { rows } = await connection.query<StoredAttribute>({
    name: 'insert_data_attribute',
    text: `insert into data_attributes
        (workspace_id, model, name, data_type, options, description, messenger_writable, admin_id)
      values ($1, $2, $3, $4, $5, $6, $7, $8)
      on conflict do nothing returning ${columns}`,
    values: [workspaceId, model, name, dataType, options, description, messengerWritable, adminId],
  });
  return rows[0] ?? null;
}

export async function countAttributes(
  connection: Connection,
  workspaceId: number,
): Promise<number> {
  const { rows } = await connection.query<{ count: number }>({
    name: 'count_data_attributes',
    text: 'select count(*) from data_attributes where workspace_id = $1',
    values: [workspaceId],
  });
  return rows[0]!.count;
}

/** Updates the details of an attribute. */
export async function updateAttribute(
  connection: Connection,
  workspaceId: number,
  id: number,
  { description, options, messengerWritable, isArchived }: AttributeDetails,
): Promise<StoredAttribute> {
  const { rows } = await connection.query<StoredAttribute>({
    name: 'update_data_attribute',
    text: `update data_attributes set description = $3, options = $4, messenger_writable = $5,
        is_archived = $6, updated_at = now()
      where workspace_id = $1 and id = $2 returning ${columns}`,
    values: [workspaceId, id, description, options, messengerWritable, isArchived],
  });
  return rows[0]!;
}

/** Finds the names of the workflows whose current versions ask for, set or read an attribute. */
export async function findWorkflowsWithAttribute(
  connection: Connection,
  workspaceId: number,
  name: string,
): Promise<string[]> {
  const { rows } = await connection.query<{ name: string }>({
    name: 'find_workflows_with_attribute',
    text: `select w.name from workflows w
      join workflow_versions v on v.workspace_id = w.workspace_id and v.workflow_id = w.id
        and v.version = w.current_version
      where w.workspace_id = $1 and jsonb_path_exists(v.definition::jsonb,
        '$.** ? (@.attribute == $name || @.field == $contact || @.field == $conversation)',
        jsonb_build_object('name', $2::text, 'contact', 'contact.custom_attributes.' || $2::text,
          'conversation', 'conversation.custom_attributes.' || $2::text))
      order by w.position, w.id`,
    values: [workspaceId, name],
  });
  return rows.map((row) => row.name);
}
