import Domain
import Interface
import Providers
import Reports
import Storage
import Sync

/// `rentbook ownership import`: takes reserves and shares over from the Airtable base, after showing what
/// would change.
struct OwnershipImport {
  static let spec = CommandSpec(
    "ownership import",
    options: [
      OptionSpec("--apply", "Do it; without this nothing is changed."),
      OptionSpec("--table", "NAME", "The table of shares; Ownership unless said."),
      OptionSpec(
        "--from", "DATE", "The first day of new reserves; the first of this month unless said."),
      OptionSpec("--user", "NAME", "Who acts; else RENTBOOK_USER."),
    ],
    "Take reserves and owners' shares over from Airtable: columns Property, Owner, Ownership %, and "
      + "Disbursement %, From where they are there.", run: run)

  /// A reserve that would be another.
  private struct ReserveChange {
    var property: LedgerProperty
    var before: Money
    var policy: DrawPolicy
  }

  /// Shares that would be others.
  private struct ShareChange {
    var property: LedgerProperty
    var from: CalendarDate
    var before: String
    var after: String
    var entries: [ShareEntry]
    /// Why it is not done; empty when it can be, or was.
    var refusal = ""
  }

  private var reserves: [ReserveChange]
  private var shares: [ShareChange]
  private let notes: [String]

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation, cancellation: Interruption.install())
    defer { workspace.close() }
    var found = try OwnershipImport(
      workspace, table: invocation.text("--table"),
      from: try OwnershipCommands.date(invocation, "--from"))
    let applies = invocation.flag("--apply")
    if applies { try found.apply(workspace, actor: MonthOptions.actor(invocation, workspace)) }
    show(invocation, found.reserves, found.shares, found.notes, isApplied: applies)
    return found.shares.contains { !$0.refusal.isEmpty } ? .needsPerson : .done
  }

  /// Reads the base and finds what is kept otherwise here; changes nothing.
  ///
  /// - Parameters:
  ///   - table: the table of shares; nil for the usual name.
  ///   - from: the first day of new reserves; nil for the first of this month.
  init(_ workspace: Workspace, table: String? = nil, from: CalendarDate? = nil) throws(Failure) {
    let provider = try workspace.airtable()
    let base: OwnerBase
    do throws(ProviderError) {
      base = try provider.ownerBase(
        sharesTable: table ?? AirtableProvider.sharesTable, workspace.cancellation)
    } catch { throw Failure(error) }
    let ledger = try workspace.onStore { store throws(StorageError) in try store.ledger() }
    var notes = base.notes
    reserves = Self.reserves(
      base, ledger, from ?? CalendarMonth(containing: workspace.store.today).first)
    shares = Self.shares(base, ledger, &notes)
    self.notes = notes
  }

  /// Takes over what can be; what a rule forbids is told by ``preview`` from then on.
  mutating func apply(_ workspace: Workspace, actor: String) throws(Failure) {
    for change in reserves {
      try workspace.onStore { store throws(StorageError) in
        try store.setDrawPolicy(property: change.property.localID, change.policy)
      }
    }
    for index in shares.indices where shares[index].refusal.isEmpty {
      let change = shares[index]
      let outcome = try workspace.onStore { store throws(StorageError) in
        try store.decideOwnership(
          property: change.property.localID, change.entries, from: change.from, reach: .untilNext,
          reason: "taken over from Airtable", actor: actor)
      }
      if case .refused(let why) = outcome { shares[index].refusal = why }
    }
  }

  /// What would change, for the screen.
  var preview: TakeOver {
    var preview = TakeOver(changes: [:], refused: [:], notes: notes)
    for change in reserves {
      preview.changes["\(change.property.name), reserve"] =
        "\(change.before) → \(change.policy.reserveTarget)"
    }
    for change in shares {
      let day = change.from == .distantPast ? "" : " from \(change.from)"
      let name = "\(change.property.name)\(day)"
      if change.refusal.isEmpty {
        preview.changes[name] = "\(change.before) → \(change.after)"
      } else {
        preview.refused[name] = change.refusal
      }
    }
    return preview
  }

  // MARK: What would change

  private static func reserves(
    _ base: OwnerBase, _ ledger: LedgerSnapshot, _ from: CalendarDate
  ) -> [ReserveChange] {
    base.reserves.compactMap { reserve in
      guard let number = ledger.property(reserve.property.id) else { return nil }
      let property = ledger.properties[number]
      var policy = property.policies(on: from)[0]
      guard policy.reserveTarget != reserve.amount, reserve.amount >= .zero else { return nil }
      let before = policy.reserveTarget
      (policy.reserveTarget, policy.from, policy.to) = (reserve.amount, from, nil)
      return ReserveChange(property: property, before: before, policy: policy)
    }
  }

  private static func shares(
    _ base: OwnerBase, _ ledger: LedgerSnapshot, _ notes: inout [String]
  ) -> [ShareChange] {
    struct Start: Hashable {
      var property: Int
      var from: CalendarDate
    }
    var sets: [Start: [OwnerBase.Share]] = [:]
    for share in base.shares {
      guard let property = find(share.property, ledger.properties.map { ($0.id, $0.name) }) else {
        notes.append("No property here is called “\(share.property)”; its shares are left out.")
        continue
      }
      sets[Start(property: property, from: share.from ?? .distantPast), default: []].append(share)
    }
    let owners = ledger.owners.map { ($0.id, $0.name) }
    return sets.sorted { ($0.key.property, $0.key.from) < ($1.key.property, $1.key.from) }
      .compactMap { start, rows in
        let property = ledger.properties[start.property]
        var change = ShareChange(
          property: property, from: start.from,
          before: words(property.shares(on: start.from), ledger), after: "", entries: [])
        var named: [OwnerShare] = []
        for row in rows {
          guard let owner = find(row.owner, owners) else {
            change.refusal = "No owner here is called “\(row.owner)”."
            continue
          }
          let ownership = Percent(units: row.ownership)
          let disbursement = Percent(units: row.disbursement ?? row.ownership)
          named.append(
            OwnerShare(
              owner: owner, ownership: ownership, disbursement: disbursement, from: start.from,
              to: nil))
          change.entries.append(
            ShareEntry(
              owner: ledger.owners[owner].localID, ownership: ownership,
              disbursement: disbursement))
        }
        change.after = words(named.sorted { $0.owner < $1.owner }, ledger)
        if change.refusal.isEmpty { change.refusal = ShareEntry.problem(change.entries) ?? "" }
        return change.before == change.after ? nil : change
      }
  }

  /// The record that a cell names: by its key, its number, or its name where only one has it.
  private static func find(_ name: OwnerBase.Name, _ records: [(id: String, name: String)]) -> Int?
  {
    switch name {
    case .key(let key): return records.firstIndex { $0.id == key.id }
    case .words(let words):
      if let found = records.firstIndex(where: { $0.id == words }) { return found }
      let found = records.indices.filter { records[$0].name.lowercased() == words.lowercased() }
      return found.count == 1 ? found.first : nil
    }
  }

  private static func words(_ shares: [OwnerShare], _ ledger: LedgerSnapshot) -> String {
    if shares.isEmpty { return "nobody" }
    return shares.map { share in
      let (part, paid) = (share.ownership?.description, share.disbursement?.description)
      return "\(ledger.owners[share.owner].name) \(part ?? "?")"
        + (part == paid ? "" : "/\(paid ?? "?")")
    }.joined(separator: ", ")
  }

  // MARK: Showing

  private static func show(
    _ invocation: Invocation, _ reserves: [ReserveChange], _ shares: [ShareChange],
    _ notes: [String], isApplied: Bool
  ) {
    func day(_ date: CalendarDate) -> String {
      date == .distantPast ? "always" : date.description
    }
    if invocation.isJSON {
      Output.document(
        "ownership import",
        [
          "applied": .bool(isApplied),
          "reserves": .array(
            reserves.map {
              [
                "property_id": MonthOptions.id($0.property.id), "before": .money($0.before),
                "after": .money($0.policy.reserveTarget), "from": .string(day($0.policy.from)),
              ]
            }),
          "shares": .array(
            shares.map {
              [
                "property_id": MonthOptions.id($0.property.id), "from": .string(day($0.from)),
                "before": .string($0.before), "after": .string($0.after),
                "refused": $0.refusal.isEmpty ? .null : .string($0.refusal),
              ]
            }), "notes": .array(notes.map(JSONValue.string)),
        ])
      return
    }
    Output.table(
      ["Property", "What", "From", "Now", isApplied ? "Was taken over" : "Would be"],
      reserves.map {
        [
          $0.property.name, "reserve", day($0.policy.from), $0.before.description,
          $0.policy.reserveTarget.description,
        ]
      }
        + shares.map {
          [
            $0.property.name, "shares", day($0.from), $0.before,
            $0.refusal.isEmpty ? $0.after : "not taken: \($0.refusal)",
          ]
        })
    MonthOptions.note(notes)
    let count = reserves.count + shares.count { $0.refusal.isEmpty }
    Output.line(
      count == 0
        ? "Nothing differs from what is kept here."
        : isApplied
          ? "\(count) were taken over."
          : "\(count) would change; `rentbook ownership import --apply` does it.")
  }
}
