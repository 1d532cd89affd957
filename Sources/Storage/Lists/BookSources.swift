// The lists of accounts, transactions, bills and work, in terms of their tables.
import Domain

extension ListSource {
  static let books: [ListName: ListSource] = [
    .glAccounts: ListSource(
      table: "gl_accounts", joins: "LEFT JOIN gl_accounts a ON a.id = t.parent_gl_account_id",
      columns: [
        "number": .own("t.account_number"), "name": .own("t.name"), "type": .own("t.type"),
        "sub_type": .own("t.sub_type"),
        "parent": ListSourceColumn(
          shown: "a.name",
          match: .among(
            key: "t.parent_gl_account_id", from: "SELECT a.id FROM gl_accounts a", text: "a.name",
            isIndexed: true)),
        "bank": .own("t.is_bank_account"), "active": .own("t.is_active"),
      ], ownOrder: ("number", false),
      links: [
        .glAccounts: ListLink("Sub-accounts", "t.parent_gl_account_id = $L"),
        .transactions: ListLink(
          "Accounts",
          "t.id IN (SELECT l.gl_account_id FROM transaction_lines l WHERE l.transaction_id = $L)"),
        .bills: ListLink(
          "Accounts", "t.id IN (SELECT l.gl_account_id FROM bill_lines l WHERE l.bill_id = $L)"),
      ]),
    .bankAccounts: ListSource(
      table: "bank_accounts", joins: "LEFT JOIN gl_accounts a ON a.id = t.gl_account",
      columns: [
        "name": .own("t.name"), "type": .own("t.bank_account_type"),
        "account": ListSourceColumn(
          shown: "a.name",
          match: .among(
            key: "t.gl_account", from: "SELECT a.id FROM gl_accounts a", text: "a.name",
            isIndexed: false)),
        "balance": ListSourceColumn(
          shown: "COALESCE(t.balance, t.buildium_balance)",
          order: .own(["COALESCE(t.balance, t.buildium_balance)"]),
          match: .own(["COALESCE(t.balance, t.buildium_balance)"])),
        "active": .own("t.is_active"),
      ], ownOrder: ("name", false),
      links: [.glAccounts: ListLink("Bank accounts", "t.gl_account = $L")]),
    .transactions: ListSource(
      table: "transactions", joins: joinProperty + " " + joinUnit,
      columns: [
        "date": .own("t.date"), "type": .own("t.transaction_type"),
        "amount": .own("t.total_amount"), "property": property(then: ["t.date"]), "unit": unit,
        "payee": .own("t.payee_name"), "memo": text("t.memo"),
        "reference": .own("t.reference_number"), "check": text("t.check_number"),
        "method": text("t.payment_method"), "state": text("t.posting_state"),
      ], ownOrder: ("date", true),
      links: [
        .properties: ListLink("Transactions", "t.property_id = $L"),
        .units: ListLink("Transactions", "t.unit_id = $L"),
        .leases: ListLink("Transactions", "t.lease_id = $L"),
        .bills: ListLink("Transactions", "t.bill_id = $L"),
        .tenants: ListLink(
          "Transactions",
          "t.lease_id IN (SELECT lt.lease_id FROM lease_tenants lt WHERE lt.tenant_id = $L)"),
        .owners: ListLink(
          "Transactions",
          "t.property_id IN (SELECT s.property_id FROM ownership s WHERE s.owner_id = $L)"),
        .vendors: ListLink(
          "Transactions", "t.bill_id IN (SELECT b.id FROM bills b WHERE b.vendor_id = $L)"),
        .glAccounts: ListLink(
          "Transactions",
          """
          EXISTS (SELECT 1 FROM transaction_lines l WHERE l.transaction_id = t.id
            AND COALESCE(l.gl_account_id, '') = $L)
          """,
          ids: "SELECT l.transaction_id FROM transaction_lines l WHERE l.gl_account_id = $L"),
        .bankAccounts: ListLink(
          "Transactions",
          """
          EXISTS (SELECT 1 FROM transaction_lines l WHERE l.transaction_id = t.id
            AND COALESCE(l.gl_account_id, '') = (SELECT gl_account FROM bank_accounts
              WHERE id = $L))
          """,
          ids: """
            SELECT l.transaction_id FROM transaction_lines l WHERE l.gl_account_id =
              (SELECT gl_account FROM bank_accounts WHERE id = $L)
            """),
      ],
      words: ListWords(
        numbers: "transaction_numbers", index: "transaction_words",
        columns: ["payee", "memo", "reference", "check"])),
    .bills: ListSource(
      table: "bills",
      joins: joinProperty + " LEFT JOIN vendors v ON v.id = t.vendor_id "
        + "LEFT JOIN bill_workflow w ON w.bill_id = t.id",
      columns: [
        "due_date": .own("t.due_date"), "vendor": vendor(then: ["t.due_date"]),
        "property": property(then: ["t.due_date"]), "amount": .own("t.amount"),
        "status": .own("t.status"),
        "approval": ListSourceColumn(
          shown: "w.state",
          match: .among(
            key: "t.id", from: "SELECT w.bill_id FROM bill_workflow w", text: "w.state",
            isIndexed: true)),
        "reference": .own("t.reference_number"), "memo": text("t.description"),
        "date": .own("t.date"), "paid_date": .own("t.paid_date"),
      ], ownOrder: ("due_date", true),
      links: [
        .vendors: ListLink("Bills", "t.vendor_id = $L"),
        .properties: ListLink("Bills", "t.property_id = $L"),
        .units: ListLink("Bills", "t.unit_id = $L"),
        .workOrders: ListLink("Bills", "t.work_order_id = $L"),
        .glAccounts: ListLink(
          "Bills", "t.id IN (SELECT l.bill_id FROM bill_lines l WHERE l.gl_account_id = $L)"),
        .owners: ListLink(
          "Bills", "t.property_id IN (SELECT s.property_id FROM ownership s WHERE s.owner_id = $L)"),
      ]),
  ]

  static let work: [ListName: ListSource] = [
    .tasks: ListSource(
      table: "tasks",
      joins: joinProperty + " " + joinUnit
        + " LEFT JOIN task_categories k ON k.id = t.task_category_id",
      columns: [
        "due_date": .own("t.due_date"), "subject": .own("t.subject"),
        "property": property(then: ["t.due_date"]), "unit": unit, "status": .own("t.status"),
        "priority": .own("t.priority"), "assigned": .own("t.assigned_to"),
        "category": ListSourceColumn(
          shown: "COALESCE(k.name, t.category)",
          match: .among(
            key: "t.task_category_id", from: "SELECT k.id FROM task_categories k", text: "k.name",
            isIndexed: false)),
        "type": .own("t.task_type"),
      ], ownOrder: ("due_date", true),
      links: [
        .properties: ListLink("Tasks", "t.property_id = $L"),
        .units: ListLink("Tasks", "t.unit_id = $L"),
        .leases: ListLink("Tasks", "t.lease_id = $L"),
      ]),
    .workOrders: ListSource(
      table: "work_orders",
      joins: joinProperty + " LEFT JOIN vendors v ON v.id = t.vendor_id",
      columns: [
        "due_date": .own("t.due_date"), "subject": .own("t.subject"),
        "property": property(then: ["t.due_date"]), "vendor": vendor(then: ["t.due_date"]),
        "status": .own("t.status"), "priority": .own("t.priority"), "cost": .own("t.actual_cost"),
        "invoice": .own("t.invoice_number"),
      ], ownOrder: ("due_date", true),
      links: [
        .tasks: ListLink("Work orders", "t.task_id = $L"),
        .properties: ListLink("Work orders", "t.property_id = $L"),
        .units: ListLink("Work orders", "t.unit_id = $L"),
        .vendors: ListLink("Work orders", "t.vendor_id = $L"),
      ]),
  ]
}
