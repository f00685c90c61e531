// What the pages and the server both know: the table, and the fields of the form.

export const table = { logicalTableName: 'customers', partitionKeyName: 'customer_id' };
export const fields = { seal: ['ssn'], plain: ['email'] };
