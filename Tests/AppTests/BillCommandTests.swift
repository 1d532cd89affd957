import Domain
import FoundationEssentials
import Glibc
import Testing

@Suite("Bills, deposits and users by command")
struct BillCommandTests {
  /// A home with the portfolio of the fixtures, gone with the test.
  final class Home: Sendable {
    let path = "/tmp/rentbook-bills-\(getpid())-\(UInt32.random(in: 0 ... .max))"

    init() throws {
      #expect(try run("import", BillCommandTests.folder).exit == 0)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func run(_ words: String..., user: String = "ann") throws -> ProgramRun {
      try ProgramRun(words + ["--json"], home: path, user: user)
    }

    /// A draft entered by Ann.
    func draft(_ amount: String = "100.00") throws -> String {
      let made = try run(
        "bills", "create", "--property", "7", "--vendor", "20", "--date", "2026-09-10", "--due",
        "2026-10-10", "--account", "111", "--amount", amount)
      return try #require(made.json["local_id"]?.string)
    }

    func bill(in state: BillState) throws -> String {
      let id = try draft()
      func step(_ action: String, _ user: String, _ more: String...) throws {
        let words = ["bills", action, id] + more + ["--json"]
        #expect(try ProgramRun(words, home: path, user: user).exit == 0)
      }
      if state != .draft { try step("submit", "ann") }
      switch state {
      case .draft, .pendingApproval: break
      case .approved: try step("approve", "bob")
      case .rejected: try step("reject", "bob", "--reason", "wrong")
      case .voided:
        try step("approve", "bob")
        try step("void", "bob", "--reason", "twice")
      }
      return id
    }
  }

  /// Property 7 of the worked example, with what was worked out for it.
  static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
    .joined(separator: "/") + "/ProvidersTests/Fixtures/bills"

  static func expected(_ name: String) throws -> [JSONValue] {
    let data = try #require(FileManager.default.contents(atPath: "\(folder)/expected/\(name).json"))
    return try #require(
      try JSONValue(parsing: String(decoding: data, as: UTF8.self)).array)
  }

  @Test("bills, duplicates and what vendors were paid come out as worked out, to the cent")
  func worked() throws {
    let home = try Home()
    let list = try home.run("bills", "list", "--as-of", "2026-09-30")
    var rows: [Int: JSONValue] = [:]
    for row in list.json["bills"]?.array ?? [] { rows[row["bill_id"]?.int ?? 0] = row }
    let expected = try Self.expected("bills")
    #expect(rows.count == expected.count)
    let names = [
      "PropertyId": "property_id", "Total": "total", "Paid": "paid", "Credited": "credited",
      "Remaining": "remaining", "Status": "status", "AgeBucket": "age_bucket",
      "ReversedBy": "reversed_by", "Reverses": "reverses",
    ]
    for bill in expected {
      let row = rows[bill["BillId"]?.int ?? 0]
      for (theirs, ours) in names {
        #expect(row?[ours] == bill[theirs], "\(bill["BillId"]?.int ?? 0) \(ours)")
      }
    }
    let groups = try home.run("bills", "duplicates").json["groups"]?.array ?? []
    let duplicates = try Self.expected("duplicate_bills")
    #expect(groups.map { $0["bill_ids"] } == duplicates.map { $0["BillIds"] })
    #expect(groups.map { $0["amount"] } == duplicates.map { $0["Amount"] })
    let paid = try home.run("bills", "paid", "--year", "2026").json["rows"]?.array ?? []
    let vendors = try Self.expected("vendor_paid")
    #expect(paid.map { $0["cash_paid"] } == vendors.map { $0["CashPaid"] })
    // What is aged is what is open.
    let aging = try home.run("bills", "aging", "--as-of", "2026-09-30")
    #expect(aging.json["total"]?["total"] == list.json["open"])
    #expect(aging.json["total"]?["unapplied_credits"] == "450.00")
    let backfill = try home.run("bills", "backfill", "--dry-run")
    #expect(backfill.json["applications"]?["payment"] == 0)
    #expect(try home.run("check").json["findings"]?.array?.filter { $0["rule"] != "ledger" } == [])
  }

  /// What the workflow's table says of each state: the actions that are legal.
  @Test(
    "every row of the workflow's table has its exit code and its line in the audit",
    arguments: [
      (BillState.draft, "edit submit void delete"),
      (.pendingApproval, "approve reject recall void"),
      (.approved, "pay void"), (.rejected, "reopen void"), (.voided, ""),
    ])
  func transitions(_ state: BillState, _ legal: String) throws {
    let home = try Home()
    let legal = legal.split(separator: " ").map(String.init)
    let actions = [
      "edit", "submit", "approve", "reject", "recall", "reopen", "pay", "void", "delete",
    ]
    func attempt(_ action: String, _ id: String) throws -> ProgramRun {
      var words = ["bills", action, id, "--json"]
      if action == "reject" || action == "void" { words += ["--reason", "because"] }
      if action == "edit" { words += ["--amount", "7"] }
      if action == "pay" { words += ["--bank", "1"] }
      return try ProgramRun(words, home: home.path, user: "eve")
    }
    func lines(_ id: String) throws -> [JSONValue] {
      let events = try home.run("bills", "audit", id).json["events"]?.array ?? []
      return events.filter { $0["actor"]?.string == "eve" }
    }
    // What is refused changes nothing, so one bill will do for all of it.
    let id = try home.bill(in: state)
    let illegal = actions.filter { !legal.contains($0) }
    for action in illegal {
      let run = try attempt(action, id)
      #expect(run.exit == 1 && run.errorCode == "refused", "\(state) \(action): \(run.output)")
    }
    let refused = try lines(id)
    // What pays a bill is applied to it.
    func audited(_ action: String) -> String { action == "pay" ? "apply" : action }
    #expect(refused.map { $0["action"]?.string } == illegal.map(audited))
    #expect(refused.allSatisfy { $0["refused"]?.string != nil && $0["to"] == .null })
    for action in legal {
      let id = try home.bill(in: state)
      let run = try attempt(action, id)
      #expect(run.exit == 0, "\(state) \(action): \(run.output)")
      #expect(try lines(id).map { $0["action"]?.string } == [audited(action)])
    }
    #expect(try home.run("audit", "verify").exit == 0)
  }

  @Test("a batch is one transaction a bill, with a result for each and those refused named")
  func batch() throws {
    let home = try Home()
    let ids = [
      try home.bill(in: .pendingApproval), try home.bill(in: .draft),
      try home.bill(in: .pendingApproval),
    ]
    let run = try home.run("bills", "approve", ids[0], ids[1], ids[2], user: "bob")
    #expect(run.exit == 1)
    #expect(run.json["done"] == 2 && run.json["refused"] == 1)
    #expect(
      run.json["results"]?.array?.map { $0["outcome"] } == ["done", "refused", "done"])
    #expect(run.errorCode == "refused")
    let wrong = try home.run("bills", "approve", ids[1], "nothing")
    #expect(wrong.exit == 2 && wrong.errorCode == "usage")
  }

  @Test("an older look is not decided on, and one's own bill is not approved")
  func politely() throws {
    let home = try Home()
    let id = try home.bill(in: .pendingApproval)
    let stamp = try #require(try home.run("bills", "show", id).json["bill"]?["stamp"]?.string)
    #expect(try home.run("bills", "approve", id).errorCode == "refused")
    #expect(try home.run("bills", "approve", id, "--expect", "0-x", user: "bob").exit == 1)
    #expect(try home.run("bills", "approve", id, "--expect", stamp, user: "bob").exit == 0)
    #expect(try home.run("bills", "reject", id, "--reason", "r", "--expect", stamp).exit == 1)
  }

  @Test("a bill is paid in parts, and a payment is taken off again")
  func paying() throws {
    let home = try Home()
    let id = try home.bill(in: .approved)
    func remaining() throws -> String? {
      try home.run("bills", "show", id).json["bill"]?["remaining"]?.string
    }
    let first = try home.run("bills", "pay", id, "--bank", "1", "--amount", "40")
    #expect(first.exit == 0)
    #expect(try remaining() == "60.00")
    #expect(try home.run("bills", "pay", id, "--bank", "1", "--amount", "60.01").exit == 1)
    #expect(try home.run("bills", "pay", id, "--bank", "1").exit == 0)
    #expect(try remaining() == "0.00")
    #expect(try home.run("bills", "void", id, "--reason", "r").exit == 1)
    let payment = try #require(first.json["payment"]?.string)
    #expect(try home.run("bills", "unapply", id, "--source", payment).exit == 0)
    #expect(try remaining() == "40.00")
    #expect(try home.run("bills", "apply", id, "--source", payment).exit == 0)
    #expect(try remaining() == "0.00")
    #expect(try home.run("bills", "void", id, "--reason", "r", "--unapply").exit == 0)
    #expect(try home.run("check").json["findings"]?.array?.filter { $0["rule"] != "ledger" } == [])
  }

  @Test("a payment is taken back once, a comment is kept, and what was told is told once")
  func takingBack() throws {
    let home = try Home()
    let id = try home.bill(in: .approved)
    let paid = try home.run("bills", "pay", id, "--bank", "1")
    let payment = try #require(paid.json["payment"]?.string)
    #expect(try home.run("bills", "void-payment", payment).exit == 2)
    #expect(try home.run("bills", "void-payment", payment, "--reason", "returned").exit == 0)
    #expect(
      try home.run("bills", "void-payment", payment, "--reason", "r").errorCode == "refused")
    let bill = try home.run("bills", "show", id).json["bill"]
    #expect(bill?["remaining"] == "100.00" && bill?["paid"] == "0.00")
    #expect(try home.run("bills", "comment", id, "--text", "ask them").exit == 0)
    #expect(try home.run("bills", "comment", id, "--text", " ").errorCode == "refused")
    let last = try home.run("bills", "audit", id).json["events"]?.array?.last
    #expect(last?["action"] == "comment" && last?["refused"] == "comment_missing")
    #expect(try home.run("bills", "told", "nothing").errorCode == "refused")
    #expect(try home.run("bills", "policy").json["trust_money"] == "block")
    #expect(try home.run("bills", "policy", "--trust-money", "never").exit == 2)
    #expect(try home.run("bills", "policy", "--trust-money", "warn").json["trust_money"] == "warn")
    #expect(try home.run("audit", "verify").exit == 0)
  }

  @Test("the bank's statement is reconciled entry by entry, and stays")
  func bank() throws {
    let home = try Home()
    let id = try home.bill(in: .approved)
    let paid = try home.run("bills", "pay", id, "--bank", "1", "--date", "2026-10-01")
    let payment = try #require(paid.json["payment"]?.string)
    #expect(try home.run("bank", "open", "--bank", "1").exit == 2)
    let opened = try home.run(
      "bank", "open", "--bank", "1", "--date", "2026-10-31", "--opening", "1000", "--ending", "900")
    let statement = try #require(opened.json["statement"]?["id"]?.string)
    #expect(try home.run("bank", "finalize", statement).errorCode == "refused")
    #expect(try home.run("bank", "clear", statement, "--transaction", payment).exit == 0)
    let shown = try home.run("bank", "show", statement).json
    #expect(shown["statement"]?["difference"] == "0.00")
    #expect(
      shown["entries"]?.array?.filter { $0["cleared"] == true }.map { $0["amount"] } == ["-100.00"])
    #expect(try home.run("bank", "finalize", statement).json["statement"]?["state"] == "finalised")
    #expect(try home.run("bank", "drop", statement).errorCode == "refused")
    #expect(
      try home.run("bills", "void-payment", payment, "--reason", "r").errorCode == "refused")
    #expect(try home.run("bank", "show", "nothing").exit == 2)
  }

  @Test("users have roles and limits, and the first one is told who they are")
  func users() throws {
    let home = try Home()
    let id = try home.bill(in: .pendingApproval)
    #expect(try home.run("users", "list").json["note"]?.string?.contains("administrator") == true)
    #expect(try home.run("users", "add", "max", "--role", "manager", "--limit", "50").exit == 0)
    #expect(try home.run("users", "add", "vic", "--role", "viewer").exit == 0)
    #expect(try home.run("users", "add", "bob", "--role", "accountant").exit == 0)
    let users = try home.run("users", "list").json
    #expect(users["users"]?.array?.map { $0["name"] } == ["ann", "bob", "max", "vic"])
    #expect(users["note"] == nil)
    #expect(try home.run("users", "add", "eve", "--role", "admin", user: "max").exit == 1)
    #expect(try home.run("users", "add", "eve", "--role", "king").exit == 2)
    #expect(try home.run("users", "remove", "ann").errorCode == "refused")
    for stranger in ["vic", "nobody"] {
      #expect(try home.run("bills", "approve", id, user: stranger).errorCode == "refused")
    }
    let first = try home.run("bills", "approve", id, user: "max")
    #expect(first.exit == 3 && first.json["outcome"] == "needs_second_approver")
    #expect(try home.run("bills", "approve", id, user: "bob").exit == 0)
    #expect(try home.run("users", "role", "bob", "viewer").exit == 0)
    let other = try home.bill(in: .draft)
    #expect(try home.run("bills", "submit", other, user: "bob").exit == 1)
  }

  @Test("payments go to the bank once, and a voided deposit gives them back")
  func deposits() throws {
    let home = try Home()
    let before = try home.run("deposits", "list").json
    #expect(before["deposits"]?.array?.count == 18)
    // One payment of the portfolio is in no deposit; a voided deposit's would be as well.
    let waiting = before["undeposited"]?.array ?? []
    let first = try #require(before["deposits"]?.array?.last)
    let number = try #require(first["deposit_id"]?.int)
    let payment = try #require(first["items"]?.array?.first?["payment_id"]?.int)
    let again = try home.run(
      "deposits", "create", "--bank", "1", "--payment", "\(payment)", "--date", "2026-09-30")
    #expect(again.exit == 1 && again.errorCode == "refused")
    #expect(again.json["error"]?["message"]?.string?.contains("already") == true)
    #expect(try home.run("deposits", "void", "\(number)", "--reason", "wrong bank").exit == 0)
    #expect(try home.run("deposits", "void", "\(number)", "--reason", "again").exit == 1)
    let freed = try home.run("deposits", "list").json["undeposited"]?.array ?? []
    #expect(freed.count == waiting.count + (first["items"]?.array?.count ?? 0))
    let made = try home.run(
      "deposits", "create", "--bank", "1", "--payment", "\(payment)", "--date", "2026-09-30")
    #expect(made.exit == 0)
    #expect(made.json["deposit"]?["number"] == "DEP-2026-00001")
    #expect(made.json["deposit"]?["amount"] == first["items"]?.array?.first?["amount"])
    #expect(try home.run("deposits", "reconcile", "DEP-2026-00001").exit == 0)
    #expect(
      try home.run("deposits", "void", "DEP-2026-00001", "--reason", "r").errorCode == "refused")
    #expect(
      try home.run("deposits", "show", "DEP-2026-00001").json["deposit"]?["status"] == "reconciled")
    #expect(try home.run("bills", "reconciling").json["items"]?.array?.count == 1)
  }

  @Test("a bill that does not say when it is due is due by the vendor's terms, else the office's")
  func terms() throws {
    let home = try Home()
    let bill = [
      "bills", "create", "--property", "7", "--vendor", "20", "--date", "2026-09-10", "--account",
      "111", "--amount", "9.99", "--json",
    ]
    func due(_ words: String...) throws -> JSONValue? {
      try ProgramRun(bill + words, home: home.path, user: "ann").json["bill"]?["due_date"]
    }
    #expect(try home.run("bills", "policy", "--terms", "0").exit == 2)
    #expect(try home.run("bills", "policy", "--terms", "21").json["payment_terms_days"] == 21)
    #expect(try due() == "2026-10-10")
    #expect(try due("--due", "2026-09-17") == "2026-09-17")
    #expect(try due() == "2026-09-17")
    let same = try ProgramRun(
      bill + ["--due", "2026-09-10", "--submit"], home: home.path, user: "ann")
    #expect(same.errorCode == "refused")
    #expect(same.json["error"]?["message"]?.string?.contains("due on or before its date") == true)
  }

  @Test("a schedule makes drafts, and a wrong one says what is wrong")
  func recurring() throws {
    let home = try Home()
    let schedule = #"{"every":"month","start":"2026-09-10","due_days":20}"#
    let made = try home.run(
      "bills", "create", "--property", "7", "--vendor", "20", "--date", "2026-09-10", "--account",
      "111", "--amount", "9.99", "--recur", schedule)
    #expect(made.exit == 0)
    let run = try home.run("bills", "recur", "--through", "2026-11-10")
    #expect(
      run.json["made"]?.array?.map { $0["date"] } == ["2026-10-10", "2026-11-10"])
    #expect(try home.run("bills", "recur", "--through", "2026-11-10").json["made"]?.array == [])
    let wrong = try home.run(
      "bills", "edit", try #require(made.json["local_id"]?.string), "--recur", "{}")
    #expect(wrong.exit == 2)
  }

  /// What changes nothing needs no home of its own.
  private static let usageHome = Result { try Home() }

  @Test(
    "bad input exits with 2 and changes nothing",
    arguments: [
      "bills show nothing", "bills list --as-of tomorrow", "bills list --status late",
      "bills create --vendor 20", "bills create --property 7 --vendor 20 --account 111 --amount x",
      "bills reject 700036", "bills edit 700036", "bills apply 700036", "deposits void 1",
      "deposits create --payment 1", "users add x", "audit list nothing",
    ])
  func usage(_ line: String) throws {
    let run = try ProgramRun(
      line.split(separator: " ").map(String.init) + ["--json"], home: try Self.usageHome.get().path,
      user: "ann")
    #expect(run.exit == 2, "\(run.output)")
    #expect(run.errorCode == "usage")
  }
}
