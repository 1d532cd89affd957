// What the screen asks about bills: reading the desk, deciding a batch, undoing one.
import Domain
import Interface
import Storage

/// Decisions on bills that were made on the screen.
enum BillErrands {
  /// The name of such actions in the undo journal.
  static let kind = "bills"

  /// Does one thing with each bill, each in a transaction of its own.
  ///
  /// - Returns: what came of each, and what takes back what was done.
  static func decide(
    _ tasks: [BillTask], _ action: BillAction, reason: String, delegate: String?,
    _ workspace: Workspace
  ) -> (outcomes: [BillTaskOutcome], undo: [JSONValue]) {
    var outcomes: [BillTaskOutcome] = []
    var undo: [JSONValue] = []
    var failure: Failure?
    for task in tasks {
      // When the store fails, what was done stays done and is told of; the rest is not tried.
      if let failure {
        outcomes.append(BillTaskOutcome(task, isDone: false, "Not tried: \(failure.message)"))
        continue
      }
      let request = BillRequest(
        action, reason: reason, expected: task.stamp, delegate: delegate)
      let result: BillResult?
      do throws(Failure) {
        result = try workspace.onStore { store throws(StorageError) in
          try store.perform(request, on: task.bill, by: workspace.configuration.user)
        }
      } catch {
        failure = error
        outcomes.append(BillTaskOutcome(task, isDone: false, error.message))
        continue
      }
      guard let result else {
        outcomes.append(BillTaskOutcome(task, isDone: false, "It is not there any more."))
        continue
      }
      outcomes.append(
        BillTaskOutcome(task, isDone: result.refusal == nil, sentence(result)))
      if case .perform(let back, let bill, let stamp) = result.undo {
        undo.append([
          "action": .string(back.rawValue), "bill": .string(bill), "stamp": .string(stamp),
          "again": .string(action.rawValue), "reason": .string(reason),
          "to": .optional(delegate),
        ])
      }
    }
    return (outcomes, undo)
  }

  private static func sentence(_ result: BillResult) -> String {
    guard let refusal = result.refusal else { return result.sentence }
    return refusal.sentences
  }

  /// Takes a batch back, or does it again. A bill that was changed since is left alone and named.
  static func undo(
    _ payload: JSONValue, isRedo: Bool, _ workspace: Workspace
  ) throws(Failure) {
    var problems: [String] = []
    var count = 0
    for step in payload.array ?? [] {
      guard let bill = step["bill"]?.string,
        let name = step[isRedo ? "again" : "action"]?.string,
        let action = BillAction(rawValue: name)
      else { continue }
      count += 1
      let request = BillRequest(
        action, reason: step["reason"]?.string ?? "",
        expected: isRedo ? nil : step["stamp"]?.string, delegate: step["to"]?.string)
      let result = try workspace.onStore { store throws(StorageError) in
        try store.perform(request, on: bill, by: workspace.configuration.user)
      }
      if let refusal = result?.refusal { problems.append(refusal.sentences) }
      if result == nil { problems.append("It is not there any more.") }
    }
    if let first = problems.first {
      throw Failure(
        "refused", "\(problems.count) of \(count) stayed as they are. \(first)", exit: .failed)
    }
  }
}

extension ScreenRunner {
  /// Carries out an effect about bills.
  func carryOutBills(_ effect: Effect) {
    let (workspace, post) = (workspace, post)
    switch effect {
    case .loadBills(let query, let ticket):
      let (day, user) = (workspace.store.today, workspace.configuration.user)
      rows.ask(ticket) { reader throws(StorageError) in
        .bills(try reader.bills(query, asOf: day, for: user), ticket)
      }
    case .loadBill(let id, let ticket):
      let day = workspace.store.today
      records.ask(ticket) { reader throws(StorageError) in
        .bill(try reader.bill(id, asOf: day), ticket)
      }
    case .commentBill(let id, let text):
      errand { () throws(Failure) in
        let refusal = try workspace.onStore { store throws(StorageError) in
          try store.comment(on: id, text, by: workspace.configuration.user)
        }
        if let refusal {
          post(.effectFailed(refusal.message, hint: refusal.hint))
        } else {
          post(.effectDone("The comment stands in the bill's trail."))
        }
      }
    case .decideBills(let tasks, let action, let reason, let delegate):
      errand { [undo] () throws(Failure) in
        let (outcomes, steps) = BillErrands.decide(
          tasks, action, reason: reason, delegate: delegate, workspace)
        post(.billOutcomes(outcomes, action))
        if !steps.isEmpty {
          let noun = steps.count == 1 ? "bill" : "bills"
          try undo.record(
            UndoJournal.Entry(
              title: "\(action.rawValue) \(steps.count) \(noun)", kind: BillErrands.kind,
              payload: .array(steps)))
          post(.undoable(try undo.undoable()))
        }
      }
    default: break
    }
  }
}
