import Domain
import FoundationEssentials

@testable import Reports

/// What the tests compare with, read from the folder beside this file.
enum Fixtures {
  static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    .joined(separator: "/") + "/Fixtures/"

  static func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: folder + name)), as: UTF8.self)
  }

  static func expected(_ name: String) throws -> [JSONValue] {
    try JSONValue(parsing: try text("expected/\(name).json")).array ?? []
  }

  /// Twelve properties in three months, as the store has them after its import.
  static let portfolio: Result<LedgerSnapshot, any Error> = Result { try readPortfolio() }

  /// One record a line: a letter that says which, and its fields between bars, `-` for none.
  private static func readPortfolio() throws -> LedgerSnapshot {
    let records = try text("portfolio.txt").split(separator: "\n").map {
      $0.split(separator: "|", omittingEmptySubsequences: false).map {
        $0 == "-" ? nil : String($0)
      }
    }
    func all(_ kind: String) -> [[String?]] { records.filter { $0[0] == kind } }
    func int(_ text: String?) -> Int { text.flatMap { Int($0) } ?? 0 }
    func date(_ text: String?) -> CalendarDate? { text.flatMap { CalendarDate($0) } }
    func percent(_ text: String?) -> Percent? { text.flatMap { Percent($0) } }

    let accounts = all("A").map {
      LedgerAccount(
        buildiumID: int($0[1]), name: $0[2] ?? "", type: $0[3] ?? "", subType: $0[4] ?? "",
        defaultName: $0[5], isBank: $0[6] == "1", isManagementIncome: $0[7] == "1")
    }
    let owners = all("O").map {
      LedgerOwner(buildiumID: int($0[1]), localID: "", name: "Owner \($0[1] ?? "")")
    }
    func account(_ text: String?) -> Int {
      accounts.firstIndex { $0.buildiumID == int(text) } ?? -1
    }
    func owner(_ text: String?) -> Int { owners.firstIndex { $0.buildiumID == int(text) } ?? -1 }
    var properties = all("P").map {
      var property = LedgerProperty(buildiumID: int($0[1]), localID: "", name: $0[2] ?? "")
      property.operatingAccount = account($0[3])
      (property.agreementStart, property.agreementEnd) = (date($0[4]), date($0[5]))
      return property
    }
    func property(_ text: String?) -> Int {
      text == nil ? -1 : properties.firstIndex { $0.buildiumID == int(text) } ?? -2
    }
    for row in all("S") {
      properties[property(row[1])].shares.append(
        OwnerShare(
          owner: owner(row[2]), ownership: percent(row[3]), disbursement: percent(row[4]),
          from: date(row[5]) ?? .distantPast, to: date(row[6])))
    }
    for row in all("D") {
      let fee = FeePolicy(
        type: row[7] ?? "", percent: percent(row[8]), minimum: row[9].flatMap { Money($0) },
        flat: row[10].flatMap { Money($0) },
        baseAccounts: (row[11] ?? "").split(separator: ",").compactMap { Int($0) })
      properties[property(row[1])].policies.append(
        DrawPolicy(
          from: .distantPast, reserveTarget: Money(minorUnits: Int64(int(row[2]))),
          percent: percent(row[3]) ?? .whole, holdsUnpaidBills: row[4] == "1",
          holdsUndeposited: row[5] == "1", carriesForwardLoss: row[6] == "1", fee: fee))
    }
    var builder = LedgerBuilder(accounts: accounts, properties: properties, owners: owners)
    // The lease a transaction names, by their numbers.
    let named = try text("leases.txt").split(separator: "\n").map { line in
      line.split(separator: "|").map { Int($0) ?? 0 }
    }
    var leases: [Int: Int] = [:]
    for lease in Set(named.map { $0[1] }).sorted() {
      leases[lease] = builder.leases.count
      builder.leases.append(
        LedgerLease(
          buildiumID: lease, localID: "", property: nil, start: nil, end: nil, status: "Active",
          rent: .zero))
    }
    let leaseOf = Dictionary(uniqueKeysWithValues: named.map { ($0[0], leases[$0[1]]) })
    var transaction: Int32 = 0
    var numbers: [Int: Int32] = [:]
    for row in records {
      switch row[0] {
      case "T":
        transaction = builder.addTransaction(
          type: row[1] ?? "", day: date(row[2]) ?? .distantPast, buildiumID: Int64(int(row[3])),
          lease: leaseOf[int(row[3])] ?? nil)
        numbers[int(row[3])] = transaction
      case "L":
        builder.addLine(
          transaction, account: account(row[1]), property: Int32(property(row[2])),
          debit: Int64(int(row[3])), isCash: row[4] == "1")
      case "M":
        builder.addDeposit(transaction, bank: account(row[1]), payment: Int64(int(row[2])))
      case "B":
        var amounts: [Int: Money] = [:]
        for part in (row[5] ?? "").split(separator: ",") {
          let pair = part.split(separator: ":").map { Int($0) ?? 0 }
          amounts[property(String(pair[0]))] = Money(minorUnits: Int64(pair[1]))
        }
        builder.bills.append(
          LedgerBill(
            buildiumID: int(row[1]), localID: "", day: date(row[2]) ?? .distantPast, due: nil,
            amounts: amounts, isApproved: row[3] == "1", voided: date(row[4])))
      case "R":
        builder.bills[builder.bills.count - 1].settlements.append(
          LedgerBill.Settlement(
            property: property(row[2]), day: date(row[1]) ?? .distantPast,
            amount: Money(minorUnits: Int64(int(row[3])))))
      default: break
      }
    }
    for row in all("X") {
      if let number = numbers[int(row[1])], let percent = percent(row[4]) {
        builder.allocate(
          number, property: property(row[2]),
          to: [SpecificShare(owner: owner(row[3]), percent: percent)])
      }
    }
    return builder.finish()
  }
}
