// One batch of writes: sent, checked against what was sent, and taken apart where it is refused.
import Background
import Domain
import Sync

/// Writes at most ten rows and finds the outcome of each.
///
/// Airtable refuses a batch as a whole for one bad record. Then one look tells what is there (a key
/// that stands twice, a row that is gone, rows that landed all the same), and what is left is
/// searched by halves: a half that is accepted is written by that. One bad record among ten costs
/// at most ``extraCallsMax`` calls beside the first.
struct AirtableBatch {
  enum Kind: CaseIterable {
    case create, update, delete

    init(_ action: Write.Action) {
      switch action {
      case .create: self = .create
      case .update: self = .update
      case .delete: self = .delete
      }
    }

    var verb: String {
      switch self {
      case .create: "adding to"
      case .update: "changing"
      case .delete: "deleting from"
      }
    }
  }

  /// One look, four halves of 10, 5, 3 and 2, the record alone, and the rest together: seven; the
  /// bound of invariant S12 is eight.
  static let extraCallsMax = 8

  /// A write with its cells.
  private struct Item {
    var index: Int
    var write: Write
    var cells: JSONObject
    /// Airtable's id of the row; empty for a row to be made.
    var row: String
  }

  /// How Airtable answered one request.
  private enum Reply {
    /// The ids of the rows, in the order of the items.
    case landed([String])
    /// Nothing was written because of the records themselves.
    case refused(AirtableFailure)
    case doubt(ProviderError)
    case notSent(ProviderError)
  }

  let api: AirtableAPI
  let table: AirtableMapping.Table
  let kind: Kind
  let cancellation: Cancellation
  /// Keys to be given to rows that exist, by the index of the write.
  var adoptions: [Int: RemoteKey] = [:]
  /// By the index of the write.
  private(set) var outcomes: [Int: WriteOutcome] = [:]
  /// Whether Airtable named a field as it is no longer.
  private(set) var metDrift = false
  private var didLook = false
  /// Whether a look found every row that is still to be written.
  private var rowsAreThere = false

  init(
    api: AirtableAPI, table: AirtableMapping.Table, kind: Kind, cancellation: Cancellation
  ) {
    (self.api, self.table, self.kind, self.cancellation) = (api, table, kind, cancellation)
  }

  mutating func run(_ writes: [(index: Int, write: Write)]) {
    var names: Set<String> = []
    var group: [Item] = []
    for (index, write) in writes {
      guard let item = prepare(index, write) else { continue }
      if names.insert(item.row + write.key.description).inserted {
        group.append(item)
      } else {
        outcomes[index] = .refused(
          ProviderError(.airtable, .refused, "\(write.key) stands twice in one batch."))
      }
    }
    var failure: AirtableFailure?
    // Every round settles at least one item, or makes the one look.
    while !group.isEmpty {
      if failure == nil {
        switch send(group) {
        case .refused(let refusal): failure = refusal
        case let reply:
          note(reply, group)
          return
        }
      }
      guard let refusal = failure else { return }
      if !didLook {
        didLook = true
        let count = group.count
        guard look(&group, after: refusal) else { return }
        if group.count < count {
          failure = nil
          continue
        }
      }
      guard let rest = isolate(group, refusal) else { return }
      (group, failure) = (rest, nil)
    }
  }

  // MARK: Before sending

  /// The cells of a write; nil when it is settled without a request.
  private mutating func prepare(_ index: Int, _ write: Write) -> Item? {
    var item = Item(index: index, write: write, cells: JSONObject(), row: "")
    switch write.action {
    case .create: item.cells[table.key.id] = .string(write.key.description)
    case .update(let id):
      item.row = id
      item.cells[table.key.id] = adoptions[index].map { .string($0.description) }
    case .delete(let id):
      item.row = id
      return item
    }
    for field in table.fields where !field.isMirror {
      guard let value = write.record.fields[field.ours] else { continue }
      do throws(AirtableCellProblem) {
        item.cells[field.field.id] = try AirtableCells.cell(value, for: field, links: write.links)
      } catch {
        outcomes[index] = .refused(
          ProviderError(
            .airtable, .refused,
            AirtableWords.plain("The table “\(table.table.name)”: \(error.sentence)"),
            hint: error.hint))
        return nil
      }
    }
    if item.cells.isEmpty, kind == .update {
      outcomes[index] = .notSent(
        ProviderError(
          .airtable, .notSetUp,
          "None of the changed fields of \(write.key) can be written to the table"
            + " “\(table.table.name)”.",
          hint: "Run `rentbook airtable setup --dry-run` to see what is missing."))
      return nil
    }
    return item
  }

  // MARK: Sending

  private func call(_ what: String? = nil) -> AirtableCall {
    let isRead = what != nil
    return AirtableCall(
      what: "\(what ?? kind.verb) the table “\(table.table.name)”",
      scope: isRead ? .recordsRead : .recordsWrite, changes: !isRead, fieldNames: table.fieldNames)
  }

  private mutating func send(_ items: [Item]) -> Reply {
    do throws(AirtableFailure) {
      let ids: [String]?
      switch kind {
      case .create:
        ids = Self.ids(
          of: items.map { $0.write.key.description },
          in: try api.upsert(
            table.table.id, key: table.key.id, items.map(\.cells), call(), cancellation
          ).map { ($0.cells[table.key.id]?.string ?? "", $0.id) })
      case .update:
        ids = Self.ids(
          of: items.map(\.row),
          in: try api.update(
            table.table.id, items.map { AirtableAPI.Row(id: $0.row, cells: $0.cells) }, call(),
            cancellation
          ).map { ($0.id, $0.id) })
      case .delete:
        ids = Self.ids(
          of: items.map(\.row),
          in: try api.delete(table.table.id, items.map(\.row), call(), cancellation)
            .map { ($0, $0) })
      }
      if let ids { return .landed(ids) }
      return .doubt(
        AirtableFailure(
          unexpected: "the rows in the answer are not the \(items.count) that were sent", call()
        ).error)
    } catch {
      return sort(error)
    }
  }

  /// The ids of the rows named in an answer, in the order they were asked for; nil unless the
  /// answer names exactly those.
  private static func ids(of asked: [String], in answer: [(name: String, id: String)]) -> [String]?
  {
    let found = Dictionary(answer.map { ($0.name, $0.id) }) { first, _ in first }
    guard answer.count == asked.count, found.count == asked.count else { return nil }
    let ids = asked.compactMap { found[$0] }
    return ids.count == asked.count ? ids : nil
  }

  private mutating func sort(_ failure: AirtableFailure) -> Reply {
    if failure.isSchemaDrift {
      metDrift = true
      return .notSent(failure.error)
    }
    switch failure.error.kind {
    case .doubt: return .doubt(failure.error)
    case .refused: return .refused(failure)
    case .notFound, .forbidden:
      return kind != .create && failure.mayMeanMissingRow
        || failure.fault.type == "ROW_DOES_NOT_EXIST"
        ? .refused(failure) : .notSent(failure.error)
    default: return .notSent(failure.error)
    }
  }

  private mutating func note(_ reply: Reply, _ items: [Item]) {
    for (place, item) in items.enumerated() {
      switch reply {
      case .landed(let ids): outcomes[item.index] = .done(remoteID: ids[place])
      case .refused(let failure): outcomes[item.index] = .refused(refusal(failure, of: item))
      case .doubt(let error): outcomes[item.index] = .doubt(error)
      case .notSent(let error): outcomes[item.index] = .notSent(error)
      }
    }
  }

  // MARK: After a refusal

  /// Looks what is there of a refused batch and settles what that tells; false when the look fails,
  /// or shows that the batch was refused for something else than its records.
  private mutating func look(_ group: inout [Item], after failure: AirtableFailure) -> Bool {
    let formula: AirtableFormula
    switch kind {
    case .create:
      formula = .isAny(table.key.name, of: group.map { $0.write.key.description })
    case .update, .delete:
      guard failure.mayMeanMissingRow else { return true }
      formula = .rows(group.map(\.row))
    }
    let rows: [AirtableAPI.Row]
    do throws(AirtableFailure) {
      rows = try api.all(
        AirtableAPI.Query(table: table.table.id, formula: formula), call("reading"), cancellation)
    } catch {
      if error.isSchemaDrift { metDrift = true }
      // When not even reading is allowed, the first answer was about the table.
      note(.notSent(error.error.kind == .forbidden ? failure.error : error.error), group)
      return false
    }
    rowsAreThere = kind != .create
    let before = group.count
    group = group.filter { item in
      let found = rows.filter { row in
        kind == .create
          ? row.cells[table.key.id]?.string == item.write.key.description : row.id == item.row
      }
      outcomes[item.index] = verdict(on: item, found, failure)
      return outcomes[item.index] == nil
    }
    // All rows are there: the answer was about something else.
    if kind != .create, group.count == before,
      [.forbidden, .notFound].contains(failure.error.kind),
      failure.fault.type != "ROW_DOES_NOT_EXIST"
    {
      note(.notSent(failure.error), group)
      return false
    }
    return true
  }

  /// What the rows found tell of a write; nil when it is still to be sent.
  private func verdict(
    on item: Item, _ found: [AirtableAPI.Row], _ failure: AirtableFailure
  ) -> WriteOutcome? {
    switch kind {
    case .create:
      if found.count > 1 {
        return .refused(
          ProviderError(
            .airtable, .refused,
            "Two rows carry the key \(item.write.key) in the table “\(table.table.name)”.",
            hint: "Remove one of them in Airtable, then retry.", status: failure.error.status))
      }
      guard let row = found.first else { return nil }
      let landed = item.cells.members.allSatisfy {
        AirtableCells.isSame($0.value, row.cells[$0.key])
      }
      return landed ? .done(remoteID: row.id) : nil
    case .update: return found.isEmpty ? .refused(missing(item, failure)) : nil
    case .delete: return found.isEmpty ? .done(remoteID: item.row) : nil
    }
  }

  private func missing(_ item: Item, _ failure: AirtableFailure) -> ProviderError {
    ProviderError(
      .airtable, .notFound,
      "The row \(item.row) of \(item.write.key) is not in the table “\(table.table.name)” any more.",
      hint: "It was deleted in Airtable; Rentbook can make it again.",
      status: failure.error.status)
  }

  /// Finds one bad record in a group known to hold one, by halves, and settles it and every half
  /// that is accepted on the way. What is still to be sent; nil when nothing more may be sent.
  private mutating func isolate(_ group: [Item], _ failure: AirtableFailure) -> [Item]? {
    var suspects = group
    var others: [Item] = []
    var failure = failure
    var wasSentAlone = group.count == 1
    while suspects.count > 1 {
      let middle = suspects.count / 2
      let half = Array(suspects[..<middle])
      let rest = Array(suspects[middle...])
      switch send(half) {
      case .landed(let ids):
        note(.landed(ids), half)
        suspects = rest
        wasSentAlone = false
      case .refused(let refusal):
        others += rest
        suspects = half
        failure = refusal
        wasSentAlone = half.count == 1
      case let reply:
        note(reply, half)
        abandon(rest + others, reply)
        return nil
      }
    }
    if wasSentAlone {
      note(.refused(failure), suspects)
      return others
    }
    let reply = send(suspects)
    note(reply, suspects)
    switch reply {
    case .landed, .refused: return others
    case .doubt, .notSent:
      abandon(others, reply)
      return nil
    }
  }

  /// Items of a refused batch that are not sent again, because the service fails now.
  private mutating func abandon(_ items: [Item], _ reply: Reply) {
    switch reply {
    case .doubt(let error):
      var error = error
      error.kind = .unreachable
      note(.notSent(error), items)
    default: note(reply, items)
    }
  }

  /// The refusal of one record alone, with the record and what is wrong with it.
  private func refusal(_ failure: AirtableFailure, of item: Item) -> ProviderError {
    guard failure.fault.type == "ROW_DOES_NOT_EXIST" else { return failure.error }
    let words = AirtableWords(fault: failure.fault, status: failure.error.status ?? 0, call: call())
    let named = words.recordID
    if kind != .create, !rowsAreThere, named == nil || named == item.row {
      return missing(item, failure)
    }
    let link = item.write.links.first { $0.value == named }?.key.description
    return ProviderError(
      .airtable, .refused,
      "\(item.write.key) links to \(link ?? "a record"), whose row"
        + (named.map { " \($0)" } ?? "") + " is not in Airtable any more.",
      hint: "The row was deleted there; sync the linked record first.",
      status: failure.error.status)
  }
}
