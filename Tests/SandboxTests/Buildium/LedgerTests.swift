import Domain
import Testing

@testable import Sandbox

/// The ledger as a client reads it: through the answers alone.
@Suite("The ledger over the wire") struct LedgerTests {
  let client = TestClient()

  private func accounts(_ client: TestClient) -> [JSONValue] {
    client.get("/v1/glaccounts?limit=1000").rows.flatMap {
      [$0] + ($0["SubAccounts"]?.array ?? [])
    }
  }

  private func filter(_ accounts: [JSONValue]) -> String {
    accounts.map { "glaccountids=\($0["Id"]?.int ?? 0)" }.joined(separator: "&")
  }

  private func cents(_ value: JSONValue?) -> Int64 {
    value?.numberText.flatMap { Money($0) }?.minorUnits ?? 0
  }

  private func pages(_ client: TestClient, _ target: String) -> [JSONValue] {
    var rows: [JSONValue] = []
    for page in 0..<50 {
      let reply = client.get("\(target)&limit=100&offset=\(page * 100)&orderby=Id%20asc")
      rows += reply.rows
      if reply.rows.count < 100 { break }
    }
    return rows
  }

  /// The side on which a type's magnitudes stand; nil for those that carry a sign.
  private func isCredit(_ type: String) -> Bool? {
    switch type {
    case "Charge", "Payment", "OwnerContribution", "VendorRefund", "VendorCredit",
      "RentalApplicationFeePayment":
      true
    case "Bill", "Check", "Credit", "Refund", "ReversePayment": false
    default: nil
    }
  }

  @Test(
    "transactions add up to the entries of the general ledger, whichever way amounts are spelled",
    arguments: SignConvention.allCases, ["Cash", "Accrual"])
  func tie(_ convention: SignConvention, _ basis: String) {
    let client = TestClient { $0.signConvention = convention }
    let accounts = accounts(client)
    var sums: [Int: Int64] = [:]
    let target = "/v1/generalledger/transactions?\(wholeRange)&\(filter(accounts))"
    for transaction in pages(client, target) {
      let type = transaction["TransactionType"]?.string ?? ""
      for line in transaction["Journal"]?["Lines"]?.array ?? [] {
        let isJournal = type == "GeneralJournalEntry"
        guard isJournal || line["IsCashPosting"]?.bool == (basis == "Cash") else { continue }
        let kind = line["GLAccount"]?["Type"]?.string ?? ""
        let isDebitNormal = kind == "Asset" || kind == "Expense"
        var amount = cents(line["Amount"])
        if convention == .magnitude, let isCredit = isCredit(type) {
          amount = isCredit == isDebitNormal ? -amount : amount
        }
        sums[line["GLAccount"]?["Id"]?.int ?? 0, default: 0] += amount
      }
    }
    // The other side of a line is implied, so only accounts that lines name can tie.
    let implied = Set(
      [ChartOfAccounts.receivable, ChartOfAccounts.undeposited, ChartOfAccounts.payable].map {
        Int($0)
      } + accounts.filter { $0["IsBankAccount"]?.bool == true }.compactMap { $0["Id"]?.int })
    let rows = client.get(
      "/v1/generalledger?accountingbasis=\(basis)&\(wholeRange)&\(filter(accounts))&limit=1000"
    ).rows
    #expect(rows.count == accounts.count)
    var compared = 0
    for row in rows {
      let id = row["GLAccountId"]?.int ?? 0
      guard !implied.contains(id) else { continue }
      #expect(cents(row["TotalAmount"]) == sums[id] ?? 0, "account \(id)")
      if sums[id] != nil { compared += 1 }
    }
    #expect(compared > 10)
  }

  @Test(
    "beginning, entries and running balances of the ledger agree with the balances",
    arguments: ["Cash", "Accrual"])
  func balances(_ basis: String) {
    let accounts = accounts(client)
    let rows = client.get(
      "/v1/generalledger?accountingbasis=\(basis)&startdate=2026-09-01&enddate=2026-09-30&"
        + filter(accounts) + "&limit=1000"
    ).rows
    func balances(_ day: String) -> [Int: Int64] {
      var result: [Int: Int64] = [:]
      let target = "/v1/glaccounts/balances?accountingbasis=\(basis)&asofdate=\(day)&limit=1000"
      for row in client.get(target).rows {
        result[row["GLAccount"]?["Id"]?.int ?? 0] = cents(row["TotalBalance"])
        let parts = (row["AccountingEntityBalances"]?.array ?? []).map { cents($0["Balance"]) }
        #expect(parts.reduce(0, +) == cents(row["TotalBalance"]))
      }
      return result
    }
    let (before, after) = (balances("2026-08-31"), balances("2026-09-30"))
    for row in rows {
      let id = row["GLAccountId"]?.int ?? 0
      var running = cents(row["BeginningBalance"])
      #expect(running == before[id], "account \(id)")
      for entry in row["Entries"]?.array ?? [] {
        running += cents(entry["Amount"])
        #expect(running == cents(entry["Balance"]))
      }
      #expect(running == cents(row["BeginningBalance"]) + cents(row["TotalAmount"]))
      #expect(running == after[id], "account \(id)")
    }
    #expect(rows.contains { !($0["Entries"]?.array ?? []).isEmpty })
  }

  @Test("a bank account holds what its transactions moved")
  func banks() {
    for bank in client.get("/v1/bankaccounts").rows {
      let id = bank["Id"]?.int ?? 0
      let target = "/v1/bankaccounts/\(id)/transactions?startdate=2026-01-01&enddate=2026-12-31"
      let rows = client.get(target + "&limit=1000&orderby=EntryDate").rows
      #expect(rows.reduce(0) { $0 + cents($1["Amount"]) } == cents(bank["Balance"]))
      #expect(cents(rows.last?["Balance"]) == cents(bank["Balance"]))
    }
  }

  @Test("a tenant's ledger raises the debt with positive amounts, and ends at what is owed")
  func leaseLedger() {
    let balances = client.get("/v1/leases/outstandingbalances?limit=1000").rows
    #expect(!balances.isEmpty)
    for balance in balances.prefix(10) {
      let lease = balance["LeaseId"]?.int ?? 0
      let rows = client.get("/v1/leases/\(lease)/transactions?limit=1000").rows
      var sum: Int64 = 0
      for row in rows {
        let amount = cents(row["TotalAmount"])
        switch row["TransactionTypeEnum"]?.string {
        case "Charge", "ReversePayment", "Refund": #expect(amount > 0)
        default: #expect(amount < 0)
        }
        // What only moves money between the tenant's own accounts is no debt.
        let accounts = (row["Journal"]?["Lines"]?.array ?? []).map { $0["GLAccount"]?["Id"]?.int }
        if !accounts.contains(Int(ChartOfAccounts.prepayments)) { sum += amount }
      }
      #expect(sum == cents(balance["TotalBalance"]), "lease \(lease)")
      let parts = (balance["Balances"]?.array ?? []).map { cents($0["TotalBalance"]) }
      #expect(parts.reduce(0, +) == cents(balance["TotalBalance"]))
    }
  }

  @Test("a prepayment that is applied has a name of its own and no enumeration of its own")
  func appliedPrepayments() {
    let row = client.sandbox.portfolio { $0.transactions.rows.first(where: \.isPrepayment) }
    let id = row?.id ?? 0
    let reply = client.get("/v1/leases/\(row?.leaseId ?? 0)/transactions/\(id)").json
    #expect(reply["TransactionType"]?.string == "Applied Prepayment")
    #expect(reply["TransactionTypeEnum"]?.string == "ApplyDeposit")
  }

  @Test("a deposit has no lines and names its payments and its bank's account")
  func deposits() {
    let id = client.sandbox.portfolio { $0.transactions.rows.first { $0.type == .deposit }?.id }
    let reply = client.get("/v1/generalledger/transactions/\(id ?? 0)").json
    #expect(reply["Journal"]?["Lines"]?.array == [])
    #expect(reply["DepositDetails"]?["BankGLAccountId"]?.int ?? 0 >= 10_001)
    #expect(reply["DepositDetails"]?["PaymentTransactions"]?.array?.isEmpty == false)
  }

  @Test("entries can be asked for by entity, and Company 1 is not Rental 1")
  func entities() {
    let accounts = filter(accounts(client))
    func entities(_ type: String) -> Set<String> {
      let rows = client.get(
        "/v1/generalledger?accountingbasis=Cash&\(wholeRange)&\(accounts)&entitytype=\(type)"
          + "&entityid=1&limit=1000"
      ).rows
      return Set(
        rows.flatMap { $0["Entries"]?.array ?? [] }.compactMap {
          $0["AccountingEntity"]?["AccountingEntityType"]?.string
        })
    }
    #expect(entities("Company") == ["Company"])
    #expect(entities("Rental") == ["Rental"])
  }
}
