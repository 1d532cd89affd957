import Domain
import Testing

@testable import Storage

@Suite("Details of records")
struct ListDetailTests {
  @Test("every record of every list has a detail with a title that says what it is")
  func everything() throws {
    let portfolio = try ListPortfolio(seed: 3)
    for list in ListName.allCases {
      let rows = try portfolio.reader.page(ListRequest(ListQuery(list), offset: 0, count: 3)).rows
      #expect(!rows.isEmpty, "\(list)")
      for row in rows {
        let record = RecordReference(list, row.id)
        let detail = try #require(try portfolio.reader.detail(record), "\(list) \(row.id)")
        #expect(detail.reference == record)
        #expect(detail.title.hasPrefix(RecordTitles.words[list] ?? "?"), "\(detail.title)")
        #expect(!detail.fields.isEmpty, "\(list) \(row.id)")
        #expect(detail.fields.allSatisfy { !$0.title.isEmpty && $0.value != .none })
        for line in detail.lines { #expect(line.count == detail.lineTitles.count) }
        for field in detail.fields {
          guard let link = field.link else { continue }
          #expect(try portfolio.reader.detail(link) != nil, "\(list) → \(field.title)")
        }
      }
      #expect(try portfolio.reader.detail(RecordReference(list, "nobody")) == nil)
    }
  }

  @Test("a record says what was sealed without showing it, what came, and what happened to it")
  func history() throws {
    let portfolio = try ListPortfolio(seed: 3)
    try portfolio.test.store.write { transaction throws(StorageError) in
      let db = transaction.connection
      try db.run(
        """
        CREATE TABLE IF NOT EXISTS sync_journal (
          seq INTEGER PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL, kind TEXT NOT NULL,
          service TEXT NOT NULL, resource TEXT NOT NULL, local_id TEXT NOT NULL,
          record_key TEXT NOT NULL, field TEXT NOT NULL DEFAULT '', old_value TEXT,
          new_value TEXT, note TEXT NOT NULL DEFAULT '', previous_hash TEXT NOT NULL,
          hash TEXT NOT NULL) STRICT
        """)
      try db.run(
        """
        INSERT INTO sync_journal (at, actor, kind, service, resource, local_id, record_key, field,
          old_value, new_value, previous_hash, hash)
        VALUES ('2026-03-02T10:00:00.000Z', 'anna', 'overwritten', 'airtable', 'bills', 'b1',
          'buildium/bills/5001', 'due_date', '2026-01-01', '2026-02-02', '', 'h')
        """)
      try db.run(
        "UPDATE tenants SET tax_id = $1 WHERE id = 't1'",
        .blob(transaction.sealing.seal("123-45-6789", purpose: "tenants.tax_id")))
      try db.run(
        """
        INSERT INTO sync_state (service, resource, local_id, remote_id)
        VALUES ('buildium', 'bills', 'b1', '5001')
        """)
      try db.run(
        """
        INSERT INTO source_records (service, resource, remote_id, body, received_at)
        VALUES ('buildium', 'bills', '5001', '{"Id":5001,"Lines":[{"Amount":1.50}],"Memo":""}',
          '2026-03-01T10:00:00.000Z')
        """)
      try db.run(
        """
        INSERT INTO bill_approval_audit
          (bill_id, at, actor, action, from_state, to_state, reason, prev_hash, hash)
        VALUES ('b1', '2026-03-03T10:00:00.000Z', 'ben', 'reject', 'pending_approval', 'rejected',
          'twice', '', 'x')
        """)
    }
    let reader = try ListReader(portfolio.test.store)
    let bill = try #require(try reader.detail(RecordReference(.bills, "b1")))
    #expect(
      bill.source == """
        {
          "Id": 5001,
          "Lines": [
            {
              "Amount": 1.50
            }
          ],
          "Memo": ""
        }
        """)
    let texts = bill.history.map { "\($0.actor): \($0.text)" }
    #expect(texts.contains("ben: reject: pending_approval → rejected (twice)"))
    #expect(texts.contains("anna: overwritten Due date: 2026-01-01 → 2026-02-02"))
    #expect(
      texts.contains { $0.contains("GET /v1/bills/5001 answered") || $0.contains("no answer") })
    #expect(zip(bill.history, bill.history.dropFirst()).allSatisfy { $0.at >= $1.at })
    #expect(bill.fields.contains { $0.title == "Buildium id" && $0.value == .text("5001") })

    let tenant = try #require(try reader.detail(RecordReference(.tenants, "t1")))
    let sealed = tenant.fields.first { $0.title == "Tax id" }
    #expect(sealed?.value == .text("•••• sealed"))
    #expect(!"\(tenant)".contains("123-45"))

    let audit = try reader.page(ListRequest(ListQuery(.audit), offset: 0, count: 100))
    let step = try #require(audit.rows.first { $0.id.hasPrefix("j") })
    #expect(step.cells.contains(.text("buildium/bills/5001 due_date")))
    #expect(try reader.detail(RecordReference(.audit, step.id)) != nil)
    let decision = try #require(audit.rows.first { $0.cells.contains(.text("reject")) })
    let name = try #require(try reader.title(RecordReference(.bills, "b1")))
    #expect(decision.cells.contains(.text(name)))
    let terms = try ListFilter.terms("record:\(name.split(separator: " ")[1])", of: .audit)
    let named = ListQuery(.audit, terms: terms)
    #expect(try reader.page(ListRequest(named, offset: 0, count: 9)).rows.contains(decision))
  }

  @Test("a transaction shows its lines by account and side")
  func lines() throws {
    let portfolio = try ListPortfolio(seed: 3)
    let detail = try #require(try portfolio.reader.detail(RecordReference(.transactions, "x1")))
    #expect(detail.lineTitles.prefix(3) == ["Account", "Debit", "Credit"])
    #expect(detail.lines.count == 2)
  }

  @Test("words find records in any order, by any part, by number, the nearest first")
  func search() throws {
    let test = try TestStore()
    try test.run(
      """
      INSERT INTO properties (id, name, city, created_at, updated_at)
      VALUES ('p1', 'Maple Court', 'Salem', '', ''), ('p2', 'Mapleton', 'Salem', '', '')
      """,
      """
      INSERT INTO units (id, property_id, unit_number, created_at, updated_at)
      VALUES ('u1', 'p1', '2B', '', '')
      """,
      """
      INSERT INTO tenants (id, first_name, last_name, created_at, updated_at, deleted_at)
      VALUES ('t1', 'Anna', 'Smith', '', '', NULL), ('t2', 'Ann', 'Blacksmith', '', '', NULL),
        ('t3', 'Anna', 'Smith', '', '', '2026-01-01')
      """,
      """
      INSERT INTO leases (id, buildium_lease_id, "propertyId", "unitId", unit_number, "createdAt",
        "updatedAt") VALUES (1, 1042, 'p1', 'u1', '2B', '', '')
      """,
      "INSERT INTO lease_tenants (lease_id, tenant_id, is_current) VALUES (1, 't1', 1)")
    let reader = try ListReader(test.store)
    func found(_ text: String) throws -> [String] {
      try reader.hits(text, limit: 20).map { "\($0.reference.list.rawValue) \($0.reference.id)" }
    }
    #expect(try found("smith anna") == ["tenants t1", "leases 1"])
    #expect(try found("smi") == ["tenants t1", "tenants t2", "leases 1"])
    #expect(try found("2b maple") == ["units u1", "leases 1"])
    #expect(try found("1042") == ["leases 1"])
    #expect(try found("maple").first == "properties p1")
    #expect(try found("%") == [])
    #expect(try found("  ") == [])
    #expect(try reader.hits("maple", limit: 1).count == 1)
    let hit = try #require(try reader.hits("anna", limit: 5).first)
    #expect(hit.title == "Anna Smith" && hit.subtitle == "Maple Court 2B")
  }
}
