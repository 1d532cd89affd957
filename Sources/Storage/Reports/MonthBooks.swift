import Domain
import Reports
import Vault

/// The ledger of one moment with what was declared until then.
public struct MonthBooks: Sendable {
  /// The ledger.
  public let ledger: LedgerSnapshot
  /// The draws that follow from it.
  public let draws: DrawCalculation
}

extension Store {
  /// The name under which the first month of the draws is kept.
  public static let drawsStartName = "draws.start"

  /// The ledger and what was declared, read at the same moment.
  public func monthBooks() throws(StorageError) -> MonthBooks {
    try read { connection throws(StorageError) in try Self.monthBooks(connection) }
  }

  static func monthBooks(_ connection: Connection) throws(StorageError) -> MonthBooks {
    var reader = LedgerReader(connection: connection)
    let ledger = try reader.read()
    let start = try connection.row(
      "SELECT value FROM settings WHERE name = $1", .text(drawsStartName)
    ) { row throws(StorageError) in CalendarMonth(row.text(0)) }
    return MonthBooks(
      ledger: ledger,
      draws: DrawCalculation(
        ledger, start: start ?? nil, declared: try declared(connection, ledger)))
  }

  /// What was declared in months that are final, by the property's number.
  private static func declared(_ connection: Connection, _ ledger: LedgerSnapshot)
    throws(StorageError) -> [Int: [DeclaredPeriod]]
  {
    var properties: [LocalID: Int] = [:]
    for (number, property) in ledger.properties.enumerated() {
      properties[property.localID] = number
    }
    var owners: [LocalID: Int] = [:]
    for (number, owner) in ledger.owners.enumerated() { owners[owner.localID] = number }
    var periods: [Int: [DeclaredPeriod]] = [:]
    let rows = try connection.rows(
      """
      SELECT p.property_id, p.from_date, p.to_date, p.noi, p.carry_in, p.restatement, p.carry_out,
        d.owner_id, d.amount
      FROM month_closes c
      JOIN declared_periods p ON p.month = c.month AND p.version = c.version
      LEFT JOIN declared_draws d ON d.month = p.month AND d.version = p.version
        AND d.property_id = p.property_id AND d.from_date = p.from_date
      WHERE c.state = 'final' ORDER BY p.property_id, p.from_date
      """
    ) { row throws(StorageError) in
      (
        row.localID(0), row.date(1) ?? .distantPast, row.date(2) ?? .distantPast, row.money(3),
        row.money(4), row.money(5), row.money(6), row.optionalText(7), row.money(8)
      )
    }
    for (property, from, to, noi, carryIn, restatement, carryOut, owner, amount) in rows {
      guard let number = properties[property] else { continue }
      let period = Period(from: from, to: to)
      if periods[number]?.last?.period != period {
        periods[number, default: []].append(
          DeclaredPeriod(
            period: period, noi: noi, carryIn: carryIn, restatement: restatement,
            carryOut: carryOut, owners: [:]))
      }
      guard let owner = owner.flatMap({ owners[$0] }) else { continue }
      let last = (periods[number]?.count ?? 1) - 1
      periods[number]?[last].owners[owner] = amount
    }
    return periods
  }

  /// The hash by which equal inputs are told.
  public static func hash(_ text: String) -> String { ContentHash.sha256Hex(text) }
}
