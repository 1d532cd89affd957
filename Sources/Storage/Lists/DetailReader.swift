// All of one record for a person: its values under the names people use, its lines, the ways to other
// records, what happened to it, and what the service sent.
import Domain

struct DetailReader {
  let state: ListReader.State

  private var connection: Connection { state.connection }

  func detail(_ record: RecordReference) throws(StorageError) -> RecordDetail? {
    let source = ListSource.of(record.list, hasJournal: state.hasJournal)
    guard let title = try RecordTitles(state: state).title(record) else { return nil }
    guard let resource = Resource(rawValue: record.list.rawValue) else {
      // What is no service's record is shown as its row in the list.
      return RecordDetail(
        record, title: title, fields: try rowFields(record, source), links: try links(record))
    }
    let key = try remoteKey(resource, record.id)
    var detail = RecordDetail(record, title: title, fields: try fields(resource, record.id))
    if let key {
      detail.fields.append(RecordDetail.Field("\(key.service.title) id", .text(key.id)))
      detail.source = try sourceText(key)
    }
    (detail.lineTitles, detail.lines) = try lines(record)
    detail.links = try links(record)
    detail.history = try RecordHistory(state: state).events(resource, record.id, key)
    return detail
  }

  // MARK: Values

  private func rowFields(
    _ record: RecordReference, _ source: ListSource
  ) throws(StorageError) -> [RecordDetail.Field] {
    let columns = record.list.columns
    let shown = columns.map { source.columns[$0.name]?.shown ?? "NULL" }.joined(separator: ", ")
    let cells = try connection.row(
      "SELECT \(shown) FROM \(source.oneRow ?? source.table) t \(source.joins) WHERE t.id = $1",
      .local(record.id)
    ) { row throws(StorageError) in columns.indices.map { row.cell($0, columns[$0].kind) } }
    var fields = zip(columns, cells ?? []).filter { $1 != .none }.map {
      RecordDetail.Field($0.title, $1)
    }
    if record.list == .ownership {
      let ends = try connection.row(
        "SELECT property_id, owner_id FROM ownership WHERE id = $1", .local(record.id)
      ) { row throws(StorageError) in (row.localID(0), row.localID(1)) }
      for index in fields.indices {
        guard let ends else { break }
        if fields[index].title == "Property" {
          fields[index].link = RecordReference(.properties, ends.0)
        }
        if fields[index].title == "Owner" { fields[index].link = RecordReference(.owners, ends.1) }
      }
    }
    return fields
  }

  private func fields(
    _ resource: Resource, _ id: LocalID
  ) throws(StorageError) -> [RecordDetail.Field] {
    let schema = RecordSchema.of(resource)
    let definitions = schema.fields.filter(\.isColumn)
    let columns = definitions.map { RecordColumns.quoted($0.name) }.joined(separator: ", ")
    let read =
      try connection.row("SELECT \(columns) FROM \(schema.table) WHERE id = $1", .local(id)) {
        row throws(StorageError) in
        definitions.indices.map { index in
          (definitions[index], row.detail(index, definitions[index]))
        }
      } ?? []
    var fields: [RecordDetail.Field] = []
    for (definition, value) in read {
      guard let value else { continue }
      let title = FieldTitles.title(definition.name)
      guard case .reference(let target) = definition.kind, case .text(let other) = value else {
        fields.append(RecordDetail.Field(title, value))
        continue
      }
      if let list = ListName(rawValue: target.rawValue) {
        let link = RecordReference(list, other)
        let name = try RecordTitles(state: state).name(link) ?? "not there any more"
        fields.append(RecordDetail.Field(title, .text(name), link: link))
      } else {
        let name = try connection.row(
          "SELECT name FROM \(RecordSchema.of(target).table) WHERE id = $1", .local(other)
        ) { row throws(StorageError) in row.text(0) }
        fields.append(RecordDetail.Field(title, .text(name ?? other)))
      }
    }
    return fields
  }

  // MARK: Lines

  private func lines(
    _ record: RecordReference
  ) throws(StorageError) -> ([String], [[ListCell]]) {
    guard let lines = Self.lines[record.list] else { return ([], []) }
    let rows = try connection.rows(lines.sql, .local(record.id)) { row throws(StorageError) in
      lines.kinds.indices.map { row.cell($0, lines.kinds[$0]) }
    }
    return rows.isEmpty ? ([], []) : (lines.titles, rows)
  }

  private static let lines: [ListName: (titles: [String], kinds: [ListColumn.Kind], sql: String)] =
    [
      .transactions: (
        ["Account", "Debit", "Credit", "Basis", "Property", "Unit", "Memo"],
        [.text, .money, .money, .text, .text, .text, .text],
        """
        SELECT \(account), CASE l.posting_type WHEN 'Debit' THEN l.amount END,
          CASE WHEN l.posting_type = 'Credit' THEN l.amount
            WHEN l.posting_type IS NULL THEN l.source_amount END,
          CASE l.is_cash_posting WHEN 1 THEN 'cash' ELSE 'accrual' END
            || CASE l.is_derived WHEN 1 THEN ', completed' ELSE '' END
            || CASE WHEN l.posting_type IS NULL THEN ', side unknown' ELSE '' END,
          p.name, u.unit_number, l.memo
        FROM transaction_lines l LEFT JOIN gl_accounts a ON a.id = l.gl_account_id
          \(places)
        WHERE l.transaction_id = $1 ORDER BY l.position
        """
      ),
      .bills: (
        ["Account", "Amount", "Memo", "Property", "Unit"], [.text, .money, .text, .text, .text],
        """
        SELECT \(account), l.amount, l.memo, p.name, u.unit_number
        FROM bill_lines l LEFT JOIN gl_accounts a ON a.id = l.gl_account_id
          \(places)
        WHERE l.bill_id = $1 ORDER BY l.position
        """
      ),
      .workOrders: (
        ["Account", "Quantity", "Price", "Memo"], [.text, .text, .text, .text],
        """
        SELECT \(account), l.quantity, l.unit_price, l.memo
        FROM work_order_lines l LEFT JOIN gl_accounts a ON a.id = l.gl_account_id
        WHERE l.work_order_id = $1 ORDER BY l.position
        """
      ),
    ]

  private static let account = "TRIM(COALESCE(a.account_number, '') || ' ' || COALESCE(a.name, ''))"
  private static let places =
    "LEFT JOIN properties p ON p.id = l.property_id LEFT JOIN units u ON u.id = l.unit_id"

  // MARK: Ways to other records

  private func links(_ record: RecordReference) throws(StorageError) -> [RecordDetail.Link] {
    var links: [RecordDetail.Link] = []
    for list in ListName.allCases {
      let source = ListSource.of(list, hasJournal: state.hasJournal)
      guard let link = source.links[record.list] else { continue }
      let query = ListQuery(list, linkedTo: record)
      var question = try ListQuestion(query, state)
      let count = try question.page(ListRequest(query, offset: 0, count: 0)).matching ?? 0
      if count > 0 { links.append(RecordDetail.Link(link.title, query, count: count)) }
    }
    return links
  }

  // MARK: As received

  private func remoteKey(_ resource: Resource, _ id: LocalID) throws(StorageError) -> RemoteKey? {
    for service in [Service.buildium, .propertyme, .rentbook] {
      let remoteID = try connection.row(
        """
        SELECT remote_id FROM sync_state WHERE service = $1 AND resource = $2 AND local_id = $3
        """, .text(service.rawValue), .text(resource.rawValue), .local(id)
      ) { row throws(StorageError) in row.optionalText(0) }
      if let remoteID = remoteID ?? nil { return RemoteKey(service, resource, remoteID) }
    }
    return nil
  }

  private func sourceText(_ key: RemoteKey) throws(StorageError) -> String? {
    let body = try connection.row(
      """
      SELECT body FROM source_records WHERE service = $1 AND resource = $2 AND remote_id = $3
      """, .text(key.service.rawValue), .text(key.resource.rawValue), .text(key.id)
    ) { row throws(StorageError) in row.text(0) }
    guard let body else { return nil }
    // Kept as it came; what is no JSON is shown as it is.
    return (try? JSONValue(parsing: body))?.indentedText ?? body
  }
}

extension Row {
  /// A value for a person; nil for nothing. Of what is sealed only that it is there.
  fileprivate func detail(_ column: Int, _ field: FieldDefinition) -> ListCell? {
    if isNull(column) { return nil }
    let cell: ListCell =
      switch field.kind {
      case .text, .longText, .choice, .decimal: self.cell(column, .text)
      case .integer: .number(int(column))
      case .money: .money(money(column))
      case .date: self.cell(column, .date)
      case .instant: self.cell(column, .instant)
      case .boolean: .flag(bool(column))
      case .sealed: .text("•••• sealed")
      case .reference, .references: .text(text(column))
      }
    return cell == .none ? nil : cell
  }
}
