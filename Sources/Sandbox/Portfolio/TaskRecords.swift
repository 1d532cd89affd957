import Domain

// Tasks of all four types, their history, files and the work orders that hang off them.

struct TaskCategory: FilingCategory {
  struct Sub: Sendable {
    var id: Int32
    var name: String
  }
  let id: Int32
  var name: String
  var isSystem: Bool
  var subs: [Sub]

  init(id: Int32, name: String, isSystem: Bool, subs: [Sub]) {
    (self.id, self.name, self.isSystem, self.subs) = (id, name, isSystem, subs)
  }

  init(id: Int32, name: String, isSystem: Bool) {
    self.init(id: id, name: name, isSystem: isSystem, subs: [])
  }
}

struct StoredFile: Identified {
  enum Parent: Sendable, Hashable {
    case bill(Int32)
    case taskHistory(Int32)
  }
  let id: Int32
  var parent: Parent
  var title: String
  var physicalName: String
  var size: Int64
  var contentType: String
  var uploaded: Instant
}

struct TaskRecord: Identified {
  enum Kind: String, Sendable, CaseIterable {
    case contactRequest = "ContactRequest"
    case residentRequest = "ResidentRequest"
    case todo = "Todo"
    case ownerRequest = "RentalOwnerRequest"
  }
  enum Requester: Sendable {
    case tenant(Int32)
    case owner(Int32)
    case contact(firstName: String, lastName: String?)
  }
  struct Contact: Sendable {
    var firstName: String
    var lastName: String?
    var email: String?
    var home: String?
    var work: String?
    var mobile: String?
  }
  struct Contribution: Sendable {
    var description: String?
    var amount: Money?
  }
  struct Change: Identified {
    let id: Int32
    var priority: String
    var status: String
    var assigneeId: Int32
    var due: Day?
    var message: String?
    var created: Instant
    var userId: Int32
    var updated: Instant?
  }

  let id: Int32
  let kind: Kind
  var categoryId: Int32?
  var subCategoryId: Int32?
  var title: String
  var description: String?
  var propertyId: Int32?
  var unitId: Int32?
  var leaseId: Int32?
  var requester: Requester?
  var contact: Contact?
  /// 0 is nobody, as the service writes it.
  var assigneeId: Int32
  var status: String
  var priority: String
  var due: Day?
  var isEntryPermitted: Bool?
  var hasPets: Bool?
  var entryNotes: String?
  var contributions: [Contribution] = []
  var reminderDays: Int32?
  var changes: [Change] = []
  var created: Instant
  var updated: Instant

  /// How the task stands now, as an entry of its history by the first of the staff.
  func change(id: Int32, _ message: String?, _ now: Instant) -> Change {
    Change(
      id: id, priority: priority, status: status, assigneeId: assigneeId, due: due,
      message: message, created: now, userId: 301)
  }
}

struct WorkOrder: Identified {
  struct Line: Sendable {
    var accountId: Int32?
    var quantity: DecimalText
    var memo: String?
    var unitPrice: Money

    /// Quantity times price, half away from zero to the cent.
    var amount: Money {
      let scale = (0..<quantity.scale).reduce(Int64(1)) { total, _ in total * 10 }
      let product = quantity.unscaled * unitPrice.minorUnits
      let rounding = product < 0 ? -scale / 2 : scale / 2
      return Money(minorUnits: (product + rounding) / scale)
    }
  }
  /// So many half hours, as a quantity of hours.
  static func halves(_ count: Int) -> DecimalText {
    guard let hours = DecimalText(unscaled: Int64(count) * 5, scale: 1) else {
      preconditionFailure("\(count) halves are a number")
    }
    return hours
  }

  let id: Int32
  var taskId: Int32
  var title: String?
  var details: String?
  var invoiceNumber: String?
  var chargeableTo: String?
  var entryAllowed: String
  var entryNotes: String?
  var vendorId: Int32
  var vendorNotes: String?
  var entryContactIds: [Int32] = []
  var billIds: [Int32] = []
  var lines: [Line] = []
  var updated: Instant

  var amount: Money { lines.reduce(.zero) { $0 + $1.amount } }
}
