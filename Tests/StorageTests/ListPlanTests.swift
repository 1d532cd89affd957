import Domain
import Testing

@testable import Storage

@Suite("Plans of lists")
struct ListPlanTests {
  struct Asked {
    let list: ListName
    let sql: String
    let steps: [String]
  }

  /// The plans of everything a reader prepared while `ask` used it.
  static func plans(
    _ portfolio: ListPortfolio, _ list: ListName, _ ask: (ListReader) throws -> Void
  ) throws -> [Asked] {
    let reader = try ListReader(portfolio.test.store)
    try ask(reader)
    let statements = reader.preparedSQL.filter {
      $0.hasPrefix("SELECT") && !$0.contains("sqlite_schema")
    }
    return try portfolio.test.store.read { connection throws(StorageError) in
      try statements.map { (sql) throws(StorageError) in
        var parameters = 0
        while sql.contains("$\(parameters + 1)") { parameters += 1 }
        let steps = try connection.rows(
          "EXPLAIN QUERY PLAN " + sql, arguments: Array(repeating: nil, count: parameters)
        ) { row throws(StorageError) in row.text(3) }
        return Asked(list: list, sql: sql, steps: steps)
      }
    }
  }

  /// Lists that are cut back and may be ordered as a whole; the trail of decisions grows with what
  /// people do, by some thousands a year.
  static let short: Set<ListName> = [.audit, .apiLog, .messages, .jobs, .differences]

  @Test(
    "a window of a list is read from an index that has its order: nothing is sorted or read whole")
  func windows() throws {
    let portfolio = try ListPortfolio(seed: 1)
    var asked = 0
    for list in ListName.allCases where !Self.short.contains(list) {
      for column in list.columns where column.isSortable {
        for isDescending in [false, true] {
          let query = ListQuery(list, sortColumn: column.name, isDescending: isDescending)
          let plans = try Self.plans(portfolio, list) { reader in
            let page = try reader.page(
              ListRequest(query, offset: 0, count: 5, wantsTotals: false))
            _ = try reader.page(
              ListRequest(
                query, offset: 1, count: 5, anchorID: page.rows.last?.id, wantsTotals: false))
          }
          // What a row shows is asked by its id, and may order the few leases of a tenant.
          for plan in plans where !plan.sql.hasSuffix("WHERE t.id = $1") {
            asked += 1
            for step in plan.steps {
              let isScan = step.hasPrefix("SCAN") && !step.contains("USING")
              #expect(
                !isScan && !step.contains("TEMP B-TREE"),
                "\(list) by \(column.name) \(isDescending): \(step)\n\(plan.sql)")
            }
          }
        }
      }
    }
    #expect(asked > 300)
  }

  @Test("the longest list is counted and summed from indexes alone")
  func totals() throws {
    let portfolio = try ListPortfolio(seed: 1)
    let plans = try Self.plans(portfolio, .transactions) { reader in
      _ = try reader.page(ListRequest(ListQuery(.transactions), offset: 0, count: 5))
    }
    let sums = plans.filter { $0.sql.contains("SUM(") }
    #expect(sums.count == 1)
    for plan in sums {
      #expect(
        plan.steps == ["SEARCH t USING INDEX transactions_by_total_amount (total_amount>?)"])
    }
    // No column is read, so whichever index is taken is enough by itself.
    let counts = plans.filter { $0.sql.contains("SELECT COUNT(*)") }
    #expect(counts.count == 1)
    for plan in counts {
      #expect(plan.steps.allSatisfy { $0.hasPrefix("SCAN t USING") }, "\(plan.steps)")
    }
  }

  @Test("few rows are found by the index of their condition, not by looking at all")
  func finders() throws {
    let portfolio = try ListPortfolio(seed: 1)
    for text in ["prop:oak", "crossing", "amount=123.45", "type:pay", "date:2024-10", "unit:3A"] {
      let terms = try ListFilter.terms(text, of: .transactions)
      let plans = try Self.plans(portfolio, .transactions) { reader in
        _ = try reader.page(
          ListRequest(ListQuery(.transactions, terms: terms), offset: 0, count: 5))
      }
      // How many rows there are without the filter is counted in an index.
      let steps = plans.filter { $0.sql.hasSuffix("IS NULL") == false }.flatMap(\.steps)
      for step in steps {
        let readsAll = step.hasPrefix("SCAN t ") && !step.contains("COVERING INDEX")
        #expect(!readsAll && step != "SCAN transactions", "\(text): \(step)")
      }
    }
  }

  @Test("all that is asked about one record is found by indexes")
  func details() throws {
    let portfolio = try ListPortfolio(seed: 1)
    let ids: [ListName: String] = [
      .properties: "p1", .units: "u1", .leases: "1", .tenants: "t1", .owners: "o1",
      .ownership: "s1", .vendors: "v1", .glAccounts: "a1", .bankAccounts: "k1",
      .transactions: "x1", .bills: "b1", .tasks: "k1", .workOrders: "w1",
    ]
    let growing = [
      "transactions", "transaction_lines", "leases", "tenants", "lease_tenants", "bills",
    ]
    for (list, id) in ids {
      let plans = try Self.plans(portfolio, list) { reader in
        _ = try reader.detail(RecordReference(list, id))
      }
      for plan in plans {
        for step in plan.steps {
          let words = step.split(separator: " ")
          #expect(
            !(words.first == "SCAN" && words.count > 1 && growing.contains(String(words[1]))),
            "\(list): \(step)\n\(plan.sql)")
        }
      }
    }
  }
}
