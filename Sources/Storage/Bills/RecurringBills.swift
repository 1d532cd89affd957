import Domain

/// What making the bills of the schedules did, or would do.
public struct RecurringReport: Sendable, Hashable {
  /// A bill that was made, or would be.
  public struct Made: Sendable, Hashable {
    /// The bill with the schedule.
    public var template: NamedRecord
    /// The day it is for.
    public var date: CalendarDate
    /// How much it is.
    public var total: Money
    /// The new draft's id in the store; nil when it was not made.
    public var bill: String?
  }

  /// What was made, by template and day.
  public var made: [Made] = []
  /// What was not, in words.
  public var refused: [String] = []
}

extension Store {
  /// Makes a draft for each day a schedule names through `last` that has none yet. A draft that was
  /// deleted since is not made again.
  ///
  /// - Parameter dryRun: whether to tell only what would be made.
  public func makeRecurringBills(through last: CalendarDate, dryRun: Bool, by name: String)
    throws(StorageError) -> RecurringReport
  {
    try write { transaction throws(StorageError) in
      let connection = transaction.connection
      let writer = BillWriter(transaction: transaction)
      let templates = try connection.rows(
        """
        SELECT b.id, b.buildium_bill_id, COALESCE(b.reference_number, ''), b.recurring_schedule
        FROM bills b LEFT JOIN bill_workflow w ON w.bill_id = b.id
        WHERE b.is_recurring = 1 AND b.deleted_at IS NULL AND b.recurring_schedule IS NOT NULL
          AND COALESCE(w.state, '') NOT IN ('voided', 'rejected')
        ORDER BY b.created_at, b.id
        """
      ) { row throws(StorageError) in
        (
          NamedRecord(
            localID: row.localID(0), buildiumID: row.optionalInt(1),
            name: row.text(2).isEmpty ? row.text(0) : row.text(2)),
          row.text(3)
        )
      }
      var report = RecurringReport()
      for (template, text) in templates {
        let schedule: RecurringSchedule
        do throws(Refusal) {
          schedule = try RecurringSchedule(json: text)
        } catch {
          report.refused.append("\(template.name): \(error.message)")
          continue
        }
        guard var draft = try BillContent(connection).draft(template.localID) else { continue }
        let own = (draft.dueDate ?? draft.date).daysSince1970 - draft.date.daysSince1970
        var dueDays = schedule.dueDays ?? own
        if schedule.dueDays == nil, own <= 0 {
          dueDays = try BillTerms(connection: connection).terms(ofVendor: draft.vendor).days
        }
        let templateDay = draft.date
        let reference = draft.reference
        for day in schedule.occurrences(through: last) where day != templateDay {
          let isKnown =
            try connection.row(
              """
              SELECT 1 FROM bill_recurrences WHERE template_bill_id = $1 AND occurrence = $2
              """, .local(template.localID), .date(day)
            ) { _ throws(StorageError) in true } ?? false
          if isKnown { continue }
          (draft.date, draft.dueDate, draft.schedule) = (day, day.adding(days: dueDays), nil)
          // A number of its own, or the next one would be taken for the same bill.
          draft.reference = reference.map { "\($0)-\(day)" }
          var made = RecurringReport.Made(
            template: template, date: day, total: draft.total, bill: nil)
          if !dryRun {
            let result = try writer.create(draft, by: name, action: "recur")
            if let refusal = result.refusal {
              report.refused.append("\(template.name), \(day): \(refusal.message)")
              break
            }
            made.bill = result.localID
            try connection.run(
              """
              INSERT INTO bill_recurrences (template_bill_id, occurrence, bill_id, created_at)
              VALUES ($1, $2, $3, $4)
              """, .local(template.localID), .date(day), .local(result.localID),
              .instant(transaction.now))
          }
          report.made.append(made)
        }
      }
      return report
    }
  }
}
