import Domain
import Reports
import Terminal

/// Everything that can happen to the screen: keys, answers, news. The only way its model changes.
public enum Message: Sendable {
  // From the terminal.
  case key(Key)
  case paste(String)
  case mouse(Mouse)
  case resized(Size)
  /// What time it is; sent before everything else that arrives with it.
  case clock(Instant)

  // Answers to effects.
  /// The answer to ``Effect/loadStatus(generation:)``; one older than the last asked for is dropped.
  case status(SyncStatus, generation: Int)
  /// The answer to ``Effect/loadMessages``: the newest messages kept in the store, in any order.
  case messages([LogMessage])
  /// The answer to a dry run: every write it would make.
  case dryRun([PlannedWrite])
  /// An effect was carried out; says what came of it.
  case effectDone(String)
  /// An effect was not carried out: why, and what to do.
  case effectFailed(String, hint: String)

  // News.
  /// The store changed: what is shown is loaded again, a few times a second at most.
  case storeChanged
  /// Work on one resource has come so far. `service` is where records come from or go to.
  case progress(Resource, service: Service, Progress)
  /// A sync asked for here has begun.
  case syncStarted(dryRun: Bool)
  /// A sync of the schedule has begun; it ends as any other, and is in nobody's way.
  case lookStarted
  /// It has ended: in a sentence how, and what to do (or nothing); no sentence where nothing is to be
  /// said.
  case syncEnded(String, hint: String, level: LogMessage.Level)
  /// Syncing is paused, or goes on.
  case paused(Bool)
  /// A message to show now; it is kept with the others.
  case logged(LogMessage)
  /// What will happen by itself, the soonest first.
  case upcoming([Upcoming])

  // Answers about records; each carries the ticket of its question, and goes to the layer that asked.
  /// The answer to ``Effect/loadList(_:_:)``.
  case list(ListPage, Ticket)
  /// The answer to ``Effect/loadRecord(_:_:)``; nil when there is no such record any more.
  case record(RecordDetail?, Ticket)
  /// The answer to ``Effect/loadEditing(_:_:)``; nil when the record is gone or cannot be changed.
  case editing(RecordEditing?, Ticket)
  /// The answer to ``Effect/searchRecords(_:limit:_:)``, the best first.
  case hits([RecordHit], Ticket)
  /// The answer to ``Effect/loadBills(_:_:)``.
  case bills(BillDesk, Ticket)
  /// The answer to ``Effect/loadBill(_:_:)``; nil when there is no such bill any more.
  case bill(BillDetail?, Ticket)
  /// What came of ``Effect/decideBills(_:_:reason:delegate:)``, a line for each bill.
  case billOutcomes([BillTaskOutcome], BillAction)
  /// A question with this ticket could not be answered: why, and what to do.
  case unanswered(Ticket, String, hint: String)
  /// The answer to ``Effect/loadMonth(_:_:)``.
  case month(MonthSheet, Ticket)
  /// The answer to ``Effect/loadClose(_:_:)``.
  case close(CloseSheet, Ticket)
  /// The answer to ``Effect/loadOwnership(property:_:)``; nil when there is no such property any more.
  case ownership(OwnershipSheet?, Ticket)
  /// The answer to ``Effect/previewTakeOver``.
  case takeOver(TakeOver)
  /// The answer to ``Effect/conflicts(_:_:)``.
  case conflicts(ConflictNews, Ticket)
  /// The answer to ``Effect/reconcile(_:_:)``.
  case reconciliation(ReconcileNews, Ticket)
  /// Both sides are being compared; nil when that is over.
  case comparing(Comparing?)
  /// Text an effect made for the clipboard.
  case copyReady(String)

  // Undoing.
  /// What could be undone and redone now.
  case undoable(Undoable)
  /// An action was undone, or done again.
  case undone(UndoOutcome)

  // Settings.
  /// The configuration file was read again.
  case settings(ScreenSettings)
}

/// Names one question, so that its answer finds the layer that asked, and an answer that comes too
/// late is known as such.
public struct Ticket: Sendable, Hashable {
  /// Which layer asked.
  public var owner: String
  /// Which of its questions.
  public var number: Int

  /// A ticket.
  public init(_ owner: String, _ number: Int) { (self.owner, self.number) = (owner, number) }
}

/// Something the screen wants done. It cannot do anything itself.
public enum Effect: Sendable, Hashable {
  // For the program.
  /// Read the status; answer with ``Message/status(_:generation:)`` and the same number.
  case loadStatus(generation: Int)
  /// Read the kept messages; answer with ``Message/messages(_:)``.
  case loadMessages
  /// Start a sync of these resources (none: of all); answer with ``Message/syncStarted(dryRun:)`` and
  /// ``Message/syncEnded(_:hint:level:)``, a dry run with ``Message/dryRun(_:)`` before that.
  case startSync(full: Bool, resources: [Resource], dryRun: Bool)
  /// Start a sync of a resource that does what was held back, so many and no more; a full one where
  /// that is needed to find it. Answered like ``startSync(full:resources:dryRun:)``.
  case permitChanges(HeldChange.Permit, Resource, full: Bool)
  /// Stop taking new work, finish the page in hand; answer with ``Message/paused(_:)``.
  case pauseSync
  /// Go on; answer with ``Message/paused(_:)``.
  case resumeSync
  /// Stop the running sync at its next safe point.
  case cancelSync
  /// Try a dead letter again, by its id.
  case retry(String)
  /// Try all dead letters again.
  case retryAll
  /// Give up on a dead letter for good, by its id.
  case discard(String)
  /// Read a window of a list; answer with ``Message/list(_:_:)`` or
  /// ``Message/unanswered(_:_:hint:)`` and the same ticket.
  case loadList(ListRequest, Ticket)
  /// Read all of one record; answer with ``Message/record(_:_:)``, or as above.
  case loadRecord(RecordReference, Ticket)
  /// Read which fields of a record can be changed here; answer with ``Message/editing(_:_:)``, or as
  /// above.
  case loadEditing(RecordReference, Ticket)
  /// Change a field of a record to what a person typed; answered by ``Message/effectDone(_:)``.
  case changeField(RecordReference, field: String, to: String)
  /// Find records by words; answer with ``Message/hits(_:_:)``, or as above.
  case searchRecords(String, limit: Int, Ticket)
  /// Read the bills of a scope; answer with ``Message/bills(_:_:)``, or as above.
  case loadBills(BillQuery, Ticket)
  /// Read all of one bill, by its id in the store; answer with ``Message/bill(_:_:)``, or as above.
  case loadBill(String, Ticket)
  /// Do one thing with several bills, each in a transaction of its own and only if it is still as it
  /// was seen; answer with ``Message/billOutcomes(_:_:)``.
  case decideBills([BillTask], BillAction, reason: String, delegate: String? = nil)
  /// Write a comment into the trail of a bill, by its id in the store.
  case commentBill(String, String)
  /// Write the rows of a query to a file or, without one, answer with ``Message/copyReady(_:)``;
  /// a file is told of by ``Message/effectDone(_:)``.
  case export(ListExport)
  /// Work out figures of months; answer with ``Message/month(_:_:)``, or as above.
  case loadMonth(MonthQuestion, Ticket)
  /// Check a month; answer with ``Message/close(_:_:)``, or as above.
  case loadClose(CalendarMonth, Ticket)
  /// Go on with a month in spite of a check; answered, as the two that follow, by
  /// ``Message/effectDone(_:)``.
  case overrideGate(CloseGate.Kind, CalendarMonth, reason: String)
  /// Make a month final, if its figures are still those with this hash.
  case finalizeMonth(CalendarMonth, inputsHash: String)
  /// Open a final month again.
  case reopenMonth(CalendarMonth, reason: String)
  /// Read who owns a property, by its number; answer with ``Message/ownership(_:_:)``, or as above.
  case loadOwnership(property: String, Ticket)
  /// Set who owns a property from a day on; answered by ``Message/effectDone(_:)``.
  case changeOwnership(OwnershipEdit)
  /// Read what the owners' base says of reserves and shares; answer with ``Message/takeOver(_:)``.
  case previewTakeOver
  /// Take it over as it is now; answered by ``Message/effectDone(_:)``.
  case takeOver
  /// Write a report to a file whose name begins so; answer with ``Message/effectDone(_:)``.
  case exportReport(Report, ReportFormat, file: String)
  /// Undo the last local action, or do the last undone one again; answer with
  /// ``Message/undone(_:)``.
  case undo
  case redo
  /// Read or settle conflicts; answer with ``Message/conflicts(_:_:)`` or
  /// ``Message/unanswered(_:_:hint:)`` and the same ticket.
  case conflicts(ConflictErrand, Ticket)
  /// Compare both sides, or read what a comparison found; answer with
  /// ``Message/reconciliation(_:_:)`` or as above.
  case reconcile(ReconcileErrand, Ticket)
  /// Keep how the lists are looked at for the next run.
  case remember(ScreenMemory)
  /// Read the configuration file again; answer with ``Message/settings(_:)``.
  case reloadSettings

  // For the terminal; ``ScreenLoop`` carries these out.
  /// Put text on the clipboard.
  case copy(String)
  /// Stop the program as Ctrl-Z does.
  case suspend
  /// Draw everything anew.
  case redraw
  /// Take the mouse, or leave it to the terminal's own selection.
  case mouse(Bool)
  /// Open the configuration file in the person's editor, then read it again.
  case editSettings
  /// Draw in other colours.
  case theme(Theme)
  /// Ring.
  case bell
  /// End the screen.
  case quit
}

/// One write that a dry run found it would make.
public struct PlannedWrite: Sendable, Hashable {
  /// What would be done.
  public enum Kind: String, Sendable, Hashable { case create, update, delete }
  /// What would be done.
  public var kind: Kind
  /// Where.
  public var service: Service
  /// Of which resource.
  public var resource: Resource
  /// The record in words: `Lease 1042-3`.
  public var title: String
  /// What would change, in words; empty when there is nothing to add.
  public var change: String

  /// A write.
  public init(
    _ kind: Kind, service: Service, resource: Resource, title: String, change: String = ""
  ) {
    (self.kind, self.service, self.resource) = (kind, service, resource)
    (self.title, self.change) = (title, change)
  }
}

/// Something that will happen by itself.
public struct Upcoming: Sendable, Hashable {
  /// What, in words: `poll Buildium`.
  public var title: String
  /// When.
  public var at: Instant

  /// Something to come.
  public init(_ title: String, at: Instant) { (self.title, self.at) = (title, at) }
}
