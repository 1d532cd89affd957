// What the base says about reserves and owners' shares, read once for a person to take over.
import Background
import Domain
import Sync

/// Reserves and shares as they stand in a base.
public struct OwnerBase: Sendable, Hashable {
  /// A record as a cell names it.
  public enum Name: Sendable, Hashable, CustomStringConvertible {
    /// A link to a row whose record is known.
    case key(RemoteKey)
    /// Words a person typed, or a key of a row that is not known.
    case words(String)

    /// The key or the words.
    public var description: String {
      switch self {
      case .key(let key): key.description
      case .words(let words): words
      }
    }
  }

  /// The reserve of a property.
  public struct Reserve: Sendable, Hashable {
    /// The property.
    public var property: RemoteKey
    /// The amount.
    public var amount: Money
  }

  /// An owner's share of a property from a day on.
  public struct Share: Sendable, Hashable {
    /// The property.
    public var property: Name
    /// The owner.
    public var owner: Name
    /// The part of the income, in 100-millionths of one per cent.
    public var ownership: Int64
    /// The part of what is paid out, likewise; nil where the base has no column for it, or the cell is
    /// empty.
    public var disbursement: Int64?
    /// The first day; nil for always.
    public var from: CalendarDate?
  }

  /// The reserves, in the order of the table.
  public var reserves: [Reserve] = []
  /// The shares, in the order of the table.
  public var shares: [Share] = []
  /// What the base does not have, or what could not be read, a sentence each.
  public var notes: [String] = []
}

extension AirtableProvider {
  /// The name of the table of shares, unless another is asked for.
  public static let sharesTable = "Ownership"
  /// The columns of that table.
  private enum Column: String, CaseIterable {
    case property = "Property"
    case owner = "Owner"
    case ownership = "Ownership %"
    case disbursement = "Disbursement %"
    case from = "From"

    var isNeeded: Bool { self == .property || self == .owner || self == .ownership }
  }

  /// Reads reserves from the table of properties, and shares from a table that people keep: its columns
  /// are *Property* and *Owner* (links, or words), *Ownership %*, and where they are there
  /// *Disbursement %* and *From*. Nothing is written.
  public func ownerBase(
    sharesTable: String = AirtableProvider.sharesTable, _ cancellation: Cancellation
  ) throws(ProviderError) -> OwnerBase {
    var base = OwnerBase()
    try readReserves(into: &base, cancellation)
    do throws(AirtableFailure) {
      try readShares(sharesTable, into: &base, cancellation)
    } catch { throw error.error }
    return base
  }

  private func readReserves(into base: inout OwnerBase, _ cancellation: Cancellation)
    throws(ProviderError)
  {
    let mapping = try mapping(cancellation)
    guard let table = mapping.tables["properties"],
      table.fields.contains(where: { $0.ours == "reserve" })
    else {
      base.notes.append("The base has no column for the reserve of a property.")
      return
    }
    var cursor: String?
    for _ in 0..<AirtableAPI.pagesMax {
      let page = try observe(.of(.properties), cursor: cursor, cancellation: cancellation)
      if page.restarted { base.reserves = [] }
      for row in page.rows {
        guard let key = row.key.key else { continue }
        if case .money(let amount)? = row.fields["reserve"] {
          base.reserves.append(OwnerBase.Reserve(property: key, amount: amount))
        }
        if let problem = row.unreadable["reserve"] { base.notes.append("\(key): \(problem)") }
      }
      cursor = page.next
      if cursor == nil { return }
    }
  }

  private func readShares(
    _ name: String, into base: inout OwnerBase, _ cancellation: Cancellation
  ) throws(AirtableFailure) {
    let schema = try api.schema(cancellation)
    guard let table = schema.table(named: name) else {
      base.notes.append("The base has no table “\(name)”, so shares stay as they are here.")
      return
    }
    var fields: [Column: AirtableField] = [:]
    for column in Column.allCases { fields[column] = table.field(named: column.rawValue) }
    let missing = Column.allCases.filter { $0.isNeeded && fields[$0] == nil }
    guard missing.isEmpty else {
      base.notes.append(
        "The table “\(table.name)” has no column "
          + missing.map { "“\($0.rawValue)”" }.joined(separator: " and ")
          + ", so shares stay as they are here.")
      return
    }
    let call = AirtableCall(
      what: "reading the table “\(table.name)”", scope: .recordsRead,
      fieldNames: Dictionary(fields.values.map { ($0.id, $0.name) }) { first, _ in first })
    let rows = try api.all(
      AirtableAPI.Query(table: table.id, fields: fields.values.map(\.id)), call, cancellation)
    for row in rows {
      let cells = fields.mapValues { row.cells[$0.id] }
      // A row in which nobody has entered anything yet is none.
      guard cells.values.contains(where: { $0.map { !$0.isNull } ?? false }) else { continue }
      guard let property = named(cells[.property] ?? nil, .properties),
        let owner = named(cells[.owner] ?? nil, .owners),
        let ownership = Self.share(cells[.ownership] ?? nil, fields[.ownership])
      else {
        base.notes.append(
          "The row \(row.id) of “\(table.name)” lacks a property, an owner or a share that can be "
            + "read; it is left out.")
        continue
      }
      let from = (cells[.from] ?? nil)?.string
      if let from, CalendarDate(from) == nil {
        base.notes.append(
          "The row \(row.id) of “\(table.name)” begins on “\(from)”, which is no day.")
        continue
      }
      base.shares.append(
        OwnerBase.Share(
          property: property, owner: owner, ownership: ownership,
          disbursement: Self.share(cells[.disbursement] ?? nil, fields[.disbursement]),
          from: from.flatMap { CalendarDate($0) }))
    }
  }

  private func named(_ cell: JSONValue?, _ resource: Resource) -> OwnerBase.Name? {
    if let text = cell?.string, !text.isEmpty { return .words(AirtableWords.plain(text)) }
    let rows = AirtableCells.linkedRows(cell)
    guard rows.count == 1, let row = rows.first else { return nil }
    return key(resource, row).map(OwnerBase.Name.key) ?? .words(row)
  }

  /// A share in 100-millionths of one per cent. A field of the type percent holds parts of one.
  private static func share(_ cell: JSONValue?, _ field: AirtableField?) -> Int64? {
    let places = field?.type == "percent" ? 10 : 8
    let text = cell?.numberText ?? cell?.string?.filter { $0 != "%" && $0 != " " }
    guard let units = text.flatMap({ DecimalText($0) })?.scaled(to: places), units >= 0 else {
      return nil
    }
    return units
  }
}
