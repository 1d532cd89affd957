// Buildium's general ledger, which knows the bases: the source that figures are tied out against.
import Background
import Domain
import Sync

extension BuildiumProvider {
  /// What an account of a rental moved in a period, as the general ledger says.
  public struct Movement: Sendable, Hashable {
    /// The rental's number.
    public var propertyID: String
    /// The account's number.
    public var accountID: String
    /// Positive for what increases the account.
    public var amount: Money
  }

  /// What accounts moved between two days, both included, by rental. Lines of the company and of
  /// associations are left out.
  ///
  /// - Parameters:
  ///   - accounts: their numbers; the general ledger answers for named accounts only.
  ///   - isCash: the cash basis; accrual otherwise.
  public func movements(
    of accounts: [String], from: CalendarDate, to: CalendarDate, isCash: Bool,
    cancellation: Cancellation
  ) throws(ProviderError) -> [Movement] {
    struct Place: Hashable {
      var property: String
      var account: String
    }
    var sums: [Place: Money] = [:]
    let query: [QueryItem] = [
      ("accountingbasis", isCash ? "Cash" : "Accrual"), ("entitytype", "Rental"),
      ("startdate", from.description), ("enddate", to.description),
    ]
    try eachGroup(accounts, query) { query throws(ProviderError) in
      // A group holds fewer accounts than a page, and a row is an account.
      let page = try api.list("/v1/generalledger", query, order: nil, cancellation: cancellation)
      for row in page.rows {
        let wire = try Wire(row, "General ledger")
        let account = String(try wire.id("GLAccountId"))
        for entry in try wire.list("Entries") {
          guard
            try entry.field(.choice, "AccountingEntity", "AccountingEntityType").text == "Rental",
            let property = try entry.field(.integer, "AccountingEntity", "Id").integer,
            let amount = try entry.field(.money, "Amount").money
          else { continue }
          sums[Place(property: String(property), account: account), default: .zero] += amount
        }
      }
    }
    return sums.map {
      Movement(propertyID: $0.key.property, accountID: $0.key.account, amount: $0.value)
    }
  }
}
