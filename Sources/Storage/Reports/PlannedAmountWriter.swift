// The copy of what owners plan in their base.
import Domain

/// A row of the table of forecasts.
public struct PlannedRow: Sendable, Hashable {
  /// The base's id of the row.
  public var remoteID: String
  /// The day it is planned for.
  public var day: CalendarDate
  /// Positive for what increases the account.
  public var amount: Money
  /// The property.
  public var property: RemoteKey
  /// The account.
  public var account: RemoteKey

  /// A row.
  public init(
    remoteID: String, day: CalendarDate, amount: Money, property: RemoteKey, account: RemoteKey
  ) {
    (self.remoteID, self.day, self.amount) = (remoteID, day, amount)
    (self.property, self.account) = (property, account)
  }
}

extension Store {
  /// The name under which it is kept when the plan was read last.
  static let planReadName = "plan.read"

  /// Puts the rows in the place of those that were read before.
  ///
  /// - Returns: how many name a property or an account that is not known here, and were left out.
  public func replacePlan(_ rows: [PlannedRow]) throws(StorageError) -> Int {
    try write { transaction throws(StorageError) in
      let connection = transaction.connection
      func numbers(_ table: String, _ column: String) throws(StorageError) -> [String: LocalID] {
        var found: [String: LocalID] = [:]
        let rows = try connection.rows(
          "SELECT id, \(column) FROM \(table) WHERE \(column) IS NOT NULL"
        ) { row throws(StorageError) in (row.localID(0), String(row.int(1))) }
        for (id, number) in rows { found[number] = id }
        return found
      }
      let properties = try numbers("properties", "buildium_property_id")
      let accounts = try numbers("gl_accounts", "buildium_gl_account_id")
      try connection.run("DELETE FROM planned_amounts")
      var unknown = 0
      for row in rows {
        guard let property = properties[row.property.id], let account = accounts[row.account.id]
        else {
          unknown += 1
          continue
        }
        try connection.run(
          """
          INSERT INTO planned_amounts (remote_id, date, amount, property_id, gl_account_id, read_at)
          VALUES ($1, $2, $3, $4, $5, $6)
          """, .text(row.remoteID), .date(row.day), .money(row.amount), .local(property),
          .local(account), .instant(transaction.now))
      }
      try connection.run(
        """
        INSERT INTO settings (name, value) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value
        """, .text(Self.planReadName), .text(transaction.now.description))
      transaction.note(.settings)
      return unknown
    }
  }
}
