import Domain

// The service's messages about tasks, their categories and history.
extension BuildiumState {
  func write(_ category: TaskCategory, _ writer: inout MessageWriter) {
    writer.put("Id", category.id)
    writer.put("Name", category.name)
    writer.put("IsSystemCategory", category.isSystem)
    writer.array("SubCategories", category.subs) { writer, sub in
      writer.object {
        $0.put("Id", sub.id)
        $0.put("Name", sub.name)
      }
    }
  }

  /// - Parameter kind: the message of that type; nil for the one all types share.
  func write(_ task: TaskRecord, as kind: TaskRecord.Kind?, _ writer: inout MessageWriter) {
    writer.put("Id", task.id)
    if kind == nil { writer.put("TaskType", task.kind.rawValue) }
    writer.object("Category", task.categoryId.flatMap { portfolio.taskCategories[$0] }) {
      writer, category in
      writer.put("Id", category.id)
      writer.put("Name", category.name)
      writer.put("Href", "\(Self.api)/tasks/categories/\(category.id)")
      writer.object("SubCategory", category.subs.first { $0.id == task.subCategoryId }) {
        $0.put("Id", $1.id)
        $0.put("Name", $1.name)
      }
    }
    writer.put("Title", task.title)
    writer.put("Description", task.description)
    writer.object("Property", task.propertyId) {
      $0.put("Id", $1)
      $0.put("Type", "Rental")
      $0.put("Href", "\(Self.api)/rentals/\($1)")
    }
    // A resident's request without a unit says 0.
    writer.put("UnitId", kind == .residentRequest ? task.unitId ?? 0 : task.unitId)
    if kind == nil || kind == .residentRequest {
      write(unitAgreement: task.leaseId, &writer)
    }
    if kind == .contactRequest {
      writer.object("ContactDetail", task.contact) { writer, contact in
        writer.put("FirstName", contact.firstName)
        writer.put("LastName", contact.lastName)
        writer.put("Email", contact.email)
        writer.object("PhoneNumbers") {
          $0.put("Home", contact.home)
          $0.put("Work", contact.work)
          $0.put("Mobile", contact.mobile)
        }
      }
    } else if kind != .todo {
      writer.object("RequestedByUserEntity", task.requester) { write($1, &$0) }
    }
    writer.put("AssignedToUserId", task.assigneeId)
    writer.put("TaskStatus", task.status)
    writer.put("Priority", task.priority)
    writer.put("DueDate", task.due)
    writer.put("CreatedDateTime", task.created)
    writer.put("LastUpdatedDateTime", task.updated)
    if kind == .residentRequest {
      writer.null("Appliance")
      writer.put("IsEntryPermittedByResident", task.isEntryPermitted)
      writer.put("DoesResidentHavePets", task.hasPets)
      writer.put("ResidentEntryNotes", task.entryNotes)
    }
  }

  private func write(_ requester: TaskRecord.Requester, _ writer: inout MessageWriter) {
    switch requester {
    case .tenant(let id):
      let tenant = portfolio.tenants[id]
      writer.put("Type", "RentalTenant")
      writer.put("Id", id)
      writer.put("FirstName", tenant?.firstName)
      writer.put("LastName", tenant?.lastName)
      writer.put("IsCompany", false)
      writer.put("Href", "\(Self.api)/leases/tenants/\(id)")
    case .owner(let id):
      let owner = portfolio.owners[id]
      writer.put("Type", "RentalOwner")
      writer.put("Id", id)
      writer.put("FirstName", owner?.firstName)
      writer.put("LastName", owner?.lastName)
      writer.put("IsCompany", owner?.isCompany ?? false)
      writer.put("Href", "\(Self.api)/rentals/owners/\(id)")
    case .contact(let first, let last):
      writer.put("Type", "ContactRequestor")
      writer.put("Id", Int32?.none)
      writer.put("FirstName", first)
      writer.put("LastName", last)
      writer.put("IsCompany", false)
      writer.null("Href")
    }
  }

  func write(_ change: TaskRecord.Change, _ writer: inout MessageWriter) {
    writer.put("Id", change.id)
    writer.put("Priority", change.priority)
    writer.put("TaskStatus", change.status)
    writer.put("AssignedToUserId", change.assigneeId)
    writer.put("DueDate", change.due)
    writer.put("Message", change.message)
    writer.put("SharedWith", [Int32]())
    writer.put(
      "FileIds",
      portfolio.files.rows.filter { $0.parent == .taskHistory(change.id) }.map(\.id))
    // Spelled so on the wire.
    writer.put("CreatedDateTIme", change.created)
    writer.object("CreatedByUser", portfolio.users[change.userId]) { writeHistoryUser($1, &$0) }
    writer.put("LastUpdatedDateTime", change.updated)
    let editor = change.updated == nil ? nil : portfolio.users[change.userId]
    writer.object("LastUpdatedByUser", editor) { writeHistoryUser($1, &$0) }
  }

  private func writeHistoryUser(_ user: StaffUser, _ writer: inout MessageWriter) {
    writer.put("Id", user.id)
    writer.put("FirstName", user.firstName)
    writer.put("LastName", user.lastName)
    writer.put("Href", "\(Self.api)/users/\(user.id)")
    writer.put("UserType", "Staff")
  }
}
