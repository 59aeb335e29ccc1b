//! The sixty-four cameras as a table. The city is fictional, only laid out like Aktobe: streets
//! may bear names that many cities have, but no house, school, firm or phone in here exists.
//!
//! What a place is called fits what its clip shows (`city::footage`): streets and squares where
//! people walk, crossings where cars drive, parks where there are trees and hills.

use crate::model::camera::SiteKind::{
    self, Crosswalk, Entrance, Intersection, Kindergarten, Mall, Other, Park, School, SosPost,
    Street, Transport,
};

/// One camera. Names in Kazakh, Russian, English.
pub(super) struct Row {
    pub(super) kind: SiteKind,
    /// 1 (most important) to 5.
    pub(super) priority: u8,
    /// Metres east and north of the middle of the city.
    pub(super) east_m: i32,
    pub(super) north_m: i32,
    /// Degrees clockwise from north.
    pub(super) heading: u16,
    /// Width of the scene, metres.
    pub(super) width_m: u16,
    /// What the tile says.
    pub(super) name: [&'static str; 3],
    /// The place, where it has a name of its own.
    pub(super) site: [&'static str; 3],
}

const NO_SITE: [&str; 3] = [""; 3];

/// Shorthand of the table below.
const fn row(
    kind: SiteKind,
    priority: u8,
    (east_m, north_m): (i32, i32),
    (heading, width_m): (u16, u16),
    name: [&'static str; 3],
    site: [&'static str; 3],
) -> Row {
    Row {
        kind,
        priority,
        east_m,
        north_m,
        heading,
        width_m,
        name,
        site,
    }
}

#[rustfmt::skip]
pub(super) const ROWS: [Row; 64] = [
    row(Street, 2, (310, 120), (45, 24), ["Абылхайыр хан даңғылы, 40", "Проспект Абулхаир-хана, 40", "40 Abulkhair Khan Avenue"], NO_SITE),
    row(Intersection, 1, (620, 180), (90, 30), ["Абылхайыр хан даңғылы – Бөкенбай батыр көшесі", "Проспект Абулхаир-хана – улица Бокенбай батыра", "Abulkhair Khan Avenue and Bokenbai Batyr Street"], NO_SITE),
    row(Crosswalk, 2, (840, -60), (200, 20), ["Бөкенбай батыр көшесіндегі жаяу жүргіншілер өткелі", "Пешеходный переход на улице Бокенбай батыра", "Crossing in Bokenbai Batyr Street"], NO_SITE),
    row(School, 1, (1150, -220), (160, 26), ["№ 101 мектеп, бас кіреберіс", "Школа № 101, главный вход", "School 101, main gate"], ["№ 101 жалпы білім беретін мектеп", "Общеобразовательная школа № 101", "Secondary School 101"]),
    row(Transport, 1, (-1480, 640), (270, 28), ["Вокзал алаңы", "Привокзальная площадь", "Station Square"], ["Теміржол вокзалы", "Железнодорожный вокзал", "Railway station"]),
    row(Entrance, 4, (1320, 260), (10, 8), ["Тұран көшесі, 12, 2-кіреберіс", "Улица Туран, 12, подъезд 2", "12 Turan Street, entrance 2"], ["Тұрғын үй", "Жилой дом", "Apartment house"]),
    row(Park, 4, (480, 910), (320, 14), ["Жеңіс саябағы, бас аллея", "Парк Победы, главная аллея", "Victory Park, main alley"], ["Жеңіс саябағы", "Парк Победы", "Victory Park"]),
    row(Mall, 3, (930, 540), (75, 12), ["«Көкжиек» сауда үйі, көше жағы", "Торговый дом «Кокжиек», со стороны улицы", "Kokzhiek shopping mall, street side"], ["«Көкжиек» сауда үйі", "Торговый дом «Кокжиек»", "Kokzhiek shopping mall"]),
    row(Kindergarten, 1, (1540, 90), (350, 22), ["«Қарлығаш» балабақшасы, аула", "Детский сад «Карлыгаш», двор", "Karlygash kindergarten, yard"], ["«Қарлығаш» бөбекжай-балабақшасы", "Ясли-сад «Карлыгаш»", "Karlygash nursery and kindergarten"]),
    row(Other, 5, (-210, 1460), (0, 60), ["Байланыс мұнарасы", "Башня связи", "Radio tower"], ["Байланыс торабы", "Узел связи", "Communications hub"]),
    row(Street, 2, (-320, 260), (135, 24), ["Әз Наурыз көшесі, 7", "Улица Аз Наурыз, 7", "7 Az Nauryz Street"], NO_SITE),
    row(Intersection, 2, (-540, -310), (30, 18), ["Маресьев көшесі – Есет батыр көшесі", "Улица Маресьева – улица Есет батыра", "Maresyev Street and Eset Batyr Street"], NO_SITE),
    row(Crosswalk, 2, (-760, 40), (220, 20), ["Есет батыр көшесіндегі жаяу жүргіншілер өткелі", "Пешеходный переход на улице Есет батыра", "Crossing in Eset Batyr Street"], NO_SITE),
    row(Park, 5, (-2150, 1730), (290, 120), ["Тасқала төбесі, шолу алаңы", "Холм Таскала, смотровая площадка", "Taskala hill, viewpoint"], ["«Тасқала» орман саябағы", "Лесопарк «Таскала»", "Taskala forest park"]),
    row(Park, 5, (560, 1020), (140, 14), ["Жеңіс саябағы, солтүстік бұрышы", "Парк Победы, северный угол", "Victory Park, north corner"], ["Жеңіс саябағы", "Парк Победы", "Victory Park"]),
    row(Park, 4, (2350, -1620), (180, 90), ["Елек жағалауы, көгал", "Набережная Илека, поляна", "Ilek embankment, meadow"], ["Елек жағалауы", "Набережная Илека", "Ilek embankment"]),
    row(School, 1, (-980, 420), (60, 26), ["№ 102 мектеп, мектеп алды", "Школа № 102, площадка перед школой", "School 102, forecourt"], ["№ 102 мектеп-гимназия", "Школа-гимназия № 102", "School and Gymnasium 102"]),
    row(Park, 5, (-2380, 1590), (250, 40), ["«Тасқала» саябағы, жартас соқпағы", "Парк «Таскала», тропа у скал", "Taskala park, trail below the cliffs"], ["«Тасқала» орман саябағы", "Лесопарк «Таскала»", "Taskala forest park"]),
    row(Intersection, 1, (-120, -140), (15, 30), ["Абылхайыр хан алаңы – Ағайынды Жұбановтар көшесі", "Площадь Абулхаир-хана – улица Братьев Жубановых", "Abulkhair Khan Square and Zhubanov Brothers Street"], NO_SITE),
    row(Mall, 3, (1210, 690), (0, 40), ["«Дала» базары, бейнетіркеуіштегі алты көрініс", "Рынок «Дала», шесть видов с регистратора", "Dala market, six views from a recorder"], ["«Дала» базары", "Рынок «Дала»", "Dala market"]),
    row(Transport, 2, (-1390, 520), (110, 20), ["«Вокзал» аялдамасы", "Остановка «Вокзал»", "Railway Station stop"], ["Теміржол вокзалы", "Железнодорожный вокзал", "Railway station"]),
    row(School, 1, (760, -640), (340, 34), ["№ 103 мектеп, шығыс қасбеті", "Школа № 103, восточный фасад", "School 103, east front"], ["№ 103 жалпы білім беретін мектеп", "Общеобразовательная школа № 103", "Secondary School 103"]),
    row(Street, 3, (430, -420), (100, 24), ["Рысқұлов көшесі, 64", "Улица Рыскулова, 64", "64 Ryskulov Street"], NO_SITE),
    row(Other, 4, (90, -870), (80, 10), ["Жерасты өткелі, солтүстік қабырғасы", "Подземный переход, северная стена", "Underpass, north wall"], ["Жерасты өткелі", "Подземный переход", "Underpass"]),
    row(Street, 3, (-640, -760), (300, 16), ["Ескі қала, Қазанғап көшесі, 3", "Старый город, улица Казангапа, 3", "Old Town, 3 Kazangap Street"], NO_SITE),
    row(Entrance, 4, (-710, -840), (40, 14), ["Ескі қала, Қазанғап көшесі, 18", "Старый город, улица Казангапа, 18", "Old Town, 18 Kazangap Street"], ["Тұрғын үй", "Жилой дом", "Apartment house"]),
    row(SosPost, 1, (180, 60), (210, 22), ["SOS бағаны 01, Абылхайыр хан даңғылы", "Столб SOS 01, проспект Абулхаир-хана", "SOS post 01, Abulkhair Khan Avenue"], ["SOS бағаны 01", "Столб SOS 01", "SOS post 01"]),
    row(Intersection, 2, (1080, 330), (190, 30), ["Бөкенбай батыр көшесі – Тұран көшесі", "Улица Бокенбай батыра – улица Туран", "Bokenbai Batyr Street and Turan Street"], NO_SITE),
    row(Street, 3, (-1110, -180), (25, 24), ["Маресьев көшесі, 55", "Улица Маресьева, 55", "55 Maresyev Street"], NO_SITE),
    row(School, 1, (-1260, -410), (330, 24), ["№ 104 мектеп, жаяу жүргіншілер жолы", "Школа № 104, пешеходная дорожка", "School 104, footpath"], ["№ 104 лицей", "Лицей № 104", "Lyceum 104"]),
    row(Crosswalk, 2, (240, 380), (85, 22), ["Ағайынды Жұбановтар көшесіндегі жаяу жүргіншілер өткелі", "Пешеходный переход на улице Братьев Жубановых", "Crossing in Zhubanov Brothers Street"], NO_SITE),
    row(Entrance, 4, (1410, 300), (5, 8), ["Тұран көшесі, 14, велотұрақ", "Улица Туран, 14, велостоянка", "14 Turan Street, bicycle stand"], ["Тұрғын үй", "Жилой дом", "Apartment house"]),
    row(Park, 5, (-180, 760), (230, 14), ["Тәуелсіздік гүлзары, шығыс жағы", "Сквер Независимости, восточная сторона", "Independence Gardens, east side"], ["Тәуелсіздік гүлзары", "Сквер Независимости", "Independence Gardens"]),
    row(Mall, 3, (-430, 560), (260, 12), ["«Арай» дүкені, кіреберісі", "Магазин «Арай», вход", "Arai shop, entrance"], ["«Арай» дүкені", "Магазин «Арай»", "Arai shop"]),
    row(School, 1, (640, -720), (20, 30), ["№ 103 мектеп, батыс қасбеті", "Школа № 103, западный фасад", "School 103, west front"], ["№ 103 жалпы білім беретін мектеп", "Общеобразовательная школа № 103", "Secondary School 103"]),
    row(Other, 5, (-260, 1390), (45, 60), ["Байланыс мұнарасы, оңтүстік көрінісі", "Башня связи, вид с юга", "Radio tower from the south"], ["Байланыс торабы", "Узел связи", "Communications hub"]),
    row(SosPost, 1, (-1550, 700), (120, 22), ["SOS бағаны 02, вокзал алаңы", "Столб SOS 02, привокзальная площадь", "SOS post 02, Station Square"], ["SOS бағаны 02", "Столб SOS 02", "SOS post 02"]),
    row(Intersection, 3, (1730, -90), (280, 18), ["Рысқұлов көшесі – Нокин көшесі", "Улица Рыскулова – улица Нокина", "Ryskulov Street and Nokin Street"], NO_SITE),
    row(Street, 3, (1890, -260), (170, 24), ["Нокин көшесі, 21", "Улица Нокина, 21", "21 Nokin Street"], NO_SITE),
    row(Park, 5, (-2270, 1840), (310, 110), ["Тасқала төбесі, батыс баурайы", "Холм Таскала, западный склон", "Taskala hill, western slope"], ["«Тасқала» орман саябағы", "Лесопарк «Таскала»", "Taskala forest park"]),
    row(Park, 4, (-230, 830), (50, 14), ["Тәуелсіздік гүлзары, батыс жағы", "Сквер Независимости, западная сторона", "Independence Gardens, west side"], ["Тәуелсіздік гүлзары", "Сквер Независимости", "Independence Gardens"]),
    row(Park, 4, (2480, -1750), (200, 80), ["Елек жағалауы, жайылма", "Набережная Илека, пойма", "Ilek embankment, flood plain"], ["Елек жағалауы", "Набережная Илека", "Ilek embankment"]),
    row(Kindergarten, 1, (-1640, -230), (65, 22), ["«Балбөбек» балабақшасы, қақпа алды", "Детский сад «Балбобек», у ворот", "Balbobek kindergarten, by the gate"], ["«Балбөбек» балабақшасы", "Детский сад «Балбобек»", "Balbobek kindergarten"]),
    row(Park, 5, (-2450, 1480), (240, 40), ["«Тасқала» саябағы, құз астындағы соқпақ", "Парк «Таскала», тропа под обрывом", "Taskala park, trail below the bluff"], ["«Тасқала» орман саябағы", "Лесопарк «Таскала»", "Taskala forest park"]),
    row(Intersection, 2, (-880, 870), (350, 30), ["Әз Наурыз көшесі – Сәңкібай батыр даңғылы", "Улица Аз Наурыз – проспект Санкибай батыра", "Az Nauryz Street and Sankibai Batyr Avenue"], NO_SITE),
    row(Transport, 2, (2060, 980), (0, 40), ["«Сапар» автовокзалы, бейнетіркеуіштегі алты көрініс", "Автовокзал «Сапар», шесть видов с регистратора", "Sapar bus station, six views from a recorder"], ["«Сапар» автовокзалы", "Автовокзал «Сапар»", "Sapar bus station"]),
    row(Crosswalk, 2, (-1020, 960), (95, 20), ["Сәңкібай батыр даңғылындағы жаяу жүргіншілер өткелі", "Пешеходный переход на проспекте Санкибай батыра", "Crossing in Sankibai Batyr Avenue"], NO_SITE),
    row(School, 1, (1970, 410), (15, 34), ["№ 105 мектеп, көгал жағы", "Школа № 105, со стороны газона", "School 105, lawn side"], ["№ 105 жалпы білім беретін мектеп", "Общеобразовательная школа № 105", "Secondary School 105"]),
    row(Street, 3, (-370, 1130), (275, 24), ["Сәңкібай батыр даңғылы, 18", "Проспект Санкибай батыра, 18", "18 Sankibai Batyr Avenue"], NO_SITE),
    row(Other, 4, (150, -930), (260, 10), ["Жерасты өткелі, оңтүстік қабырғасы", "Подземный переход, южная стена", "Underpass, south wall"], ["Жерасты өткелі", "Подземный переход", "Underpass"]),
    row(Street, 3, (-580, -690), (120, 16), ["Ескі қала, Сырым Датұлы көшесі, 9", "Старый город, улица Сырыма Датова, 9", "Old Town, 9 Syrym Datuly Street"], NO_SITE),
    row(Entrance, 4, (-660, -910), (220, 14), ["Ескі қала, Сырым Датұлы көшесі, 11", "Старый город, улица Сырыма Датова, 11", "Old Town, 11 Syrym Datuly Street"], ["Тұрғын үй", "Жилой дом", "Apartment house"]),
    row(SosPost, 1, (1260, 740), (310, 22), ["SOS бағаны 03, «Дала» базары", "Столб SOS 03, рынок «Дала»", "SOS post 03, Dala market"], ["SOS бағаны 03", "Столб SOS 03", "SOS post 03"]),
    row(Intersection, 2, (1650, 560), (165, 30), ["Мәңгілік Ел көшесі – Тұран көшесі", "Улица Мангилик Ел – улица Туран", "Mangilik El Street and Turan Street"], NO_SITE),
    row(Street, 3, (1460, 880), (245, 24), ["Мәңгілік Ел көшесі, 30", "Улица Мангилик Ел, 30", "30 Mangilik El Street"], NO_SITE),
    row(School, 1, (-1710, 130), (285, 24), ["№ 106 мектеп, көше жағындағы кіреберіс", "Школа № 106, вход со стороны улицы", "School 106, street entrance"], ["№ 106 мектеп-гимназия", "Школа-гимназия № 106", "School and Gymnasium 106"]),
    row(Transport, 2, (2110, 1040), (130, 24), ["«Сапар» автовокзалы, перрон алды", "Автовокзал «Сапар», у перрона", "Sapar bus station, by the platforms"], ["«Сапар» автовокзалы", "Автовокзал «Сапар»", "Sapar bus station"]),
    row(Other, 4, (1500, 350), (355, 8), ["Тұран көшесі, 16, аула қабырғасы", "Улица Туран, 16, стена двора", "16 Turan Street, yard wall"], ["Тұрғын үй", "Жилой дом", "Apartment house"]),
    row(Park, 5, (2210, -1480), (75, 14), ["Елек жағалауы, ағаштар", "Набережная Илека, деревья", "Ilek embankment, trees"], ["Елек жағалауы", "Набережная Илека", "Ilek embankment"]),
    row(Mall, 3, (990, 610), (185, 12), ["«Көкжиек» сауда үйі, веложол", "Торговый дом «Кокжиек», велодорожка", "Kokzhiek shopping mall, cycle path"], ["«Көкжиек» сауда үйі", "Торговый дом «Кокжиек»", "Kokzhiek shopping mall"]),
    row(Kindergarten, 1, (-1330, 1180), (205, 30), ["«Ақ бота» балабақшасы, ғимарат алды", "Детский сад «Ак бота», перед зданием", "Ak Bota kindergarten, in front of the building"], ["«Ақ бота» балабақшасы", "Детский сад «Ак бота»", "Ak Bota kindergarten"]),
    row(Other, 5, (-160, 1520), (225, 60), ["Байланыс мұнарасы, шығыс көрінісі", "Башня связи, вид с востока", "Radio tower from the east"], ["Байланыс торабы", "Узел связи", "Communications hub"]),
    row(SosPost, 1, (-90, 700), (145, 22), ["SOS бағаны 04, Тәуелсіздік гүлзары", "Столб SOS 04, сквер Независимости", "SOS post 04, Independence Gardens"], ["SOS бағаны 04", "Столб SOS 04", "SOS post 04"]),
    row(Intersection, 3, (-1210, 1290), (60, 18), ["Мәңгілік Ел көшесі – Алтынсарин көшесі", "Улица Мангилик Ел – улица Алтынсарина", "Mangilik El Street and Altynsarin Street"], NO_SITE),
];

/// Districts: west and east of the middle.
pub(super) const DISTRICTS: [[&str; 3]; 2] = [
    ["Алматы ауданы", "район Алматы", "Almaty district"],
    ["Астана ауданы", "район Астана", "Astana district"],
];

/// Centres that own cameras and answer their alarms.
pub(super) const CENTRES: [&str; 2] = ["ЖБО «Алматы»", "ЖБО «Астана»"];
