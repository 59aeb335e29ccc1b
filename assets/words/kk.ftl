### Қыран қазақша. Терминдер: docs/glossary.md.

## Бағдарлама

app-name = Қыран
app-tagline = Жедел басқару орталықтарына арналған бейнеқабырға

## Ұяшық: камерамен байланыс

link-connecting = қосылуда
link-awaiting-keyframe = тірек кадр күтілуде
link-live = тікелей эфир
link-late = кешігуде
link-lost = байланыс үзілді
link-refused = бас тартылды
link-backoff = қайта қосылады

## Ұяшық: кескін

picture-good = кескін қалыпты
picture-disturbed = бұрмаланған
disturbed-share = { $percent } %
picture-frozen = кадр қатып қалды
picture-black = қара экран
picture-lost = кескін жоқ
picture-blurred = бұлыңғыр
picture-moved = камера жылжыған

## Ұяшық: есеп

admin-in-service = жұмыс істейді
admin-in-repair = жөндеуде
admin-masked = маскамен жабылған
admin-access-closed = қолжетімділік жабық

## Ұяшық: жүктеме

load-full = толық жиілік
load-slowed = баяулатылған
load-keyframes = тек тірек кадрлар
load-paused = кідіртілген

## Неге ұяшықта тікелей эфир жоқ

reason-no-answer = жауап жоқ
reason-connection-refused = қосылым қабылданбады
reason-wrong-password = аты/құпиясөзі қате
reason-not-found = ағын табылмады
reason-no-video = ағында бейне жоқ
reason-unsupported-codec = кодекке қолдау жоқ
reason-decode-failed = декодтау қатесі
reason-decoder-restarted = декодер қосылуда
reason-silent = дерек жоқ: { $seconds } с
reason-server-unavailable = сервер қолжетімсіз
reason-protocol-error = протокол қатесі
reason-waiting-keyframe = тірек кадр күтілуде
reason-connection-closed = қосылым жабылды
reason-unknown-host = торап белгісіз
reason-password-missing = құпиясөз керек
reason-file = файл оқылмайды
reason-no-address = мекенжайы берілмеген
reason-no-route = камераға жол жоқ
reason-connection-reset = қосылым үзілді
reason-no-encryption = TLS шифрлауы жоқ
reason-certificate-untrusted = сертификат сенімсіз
reason-certificate-expired = сертификат ескірген
reason-certificate-changed = сертификат ауысқан
reason-password-unsafe = құпиясөз жіберілмеді
reason-not-permitted = көруге құқық жоқ
reason-too-many-viewers = қосылым шегі толды
reason-not-now = камера дайын емес
reason-range-refused = уақыт қабылданбады
reason-transport-refused = беру тәсілі жарамсыз
reason-refused = сұрау қабылданбады
reason-moved-away = бағыттау сәтсіз
reason-seat-failed = жұмыс орнының ақауы
reason-reopened = қайта ашылуда
reason-retry-in = { $seconds } с кейін қайталанады

## Қосылу қай қадамға жетті

phase-resolve = торап атауы ізделгенде
phase-connect = қосылу кезінде
phase-secure = шифрлау (TLS) орнатылғанда
phase-tunnel = HTTP туннелі ашылғанда
phase-options = камераның мүмкіндіктері сұралғанда
phase-describe = ағынның сипаттамасы сұралғанда
phase-setup = ағын бапталғанда
phase-play = ағын іске қосылғанда
phase-stream = ағын жүріп тұрғанда

## Неге басқа мекенжайға өтілмеді

detour-circle = шеңбер бойымен
detour-too-often = тым көп рет
detour-other-protocol = басқа протоколға
detour-nowhere = жарамды мекенжай көрсетілмеген

## Себепті қайдан іздеу керек

matter-password = есептік жазба мен құпиясөз
matter-camera = камера
matter-network = желі
matter-seat = осы жұмыс орны

## Не істеу керек

advice-no-answer = Камераның қуатын, желісін және мекенжайын тексеріңіз
advice-name-server = Атаулар серверін (DNS) тексеріңіз немесе камераның IP мекенжайын көрсетіңіз
advice-camera-stuck = Қосылым бар, бірақ камера жауап бермейді: оны қайта іске қосыңыз
advice-no-route = Жұмыс орны мен камера арасындағы желіні тексеріңіз: коммутатор, маршрут, мекенжай
advice-connection-refused = Камерада RTSP қосулы ма және мекенжайдағы порт дұрыс па, тексеріңіз
advice-connection-closed = Қосылымды камера аяқтады: қайталанса, оны қайта іске қосып, қосылым шегін тексеріңіз
advice-connection-reset = Камераға дейінгі желіні (коммутатор, желіаралық экран) тексеріңіз, содан кейін камераны қайта іске қосыңыз
advice-unknown-host = Камера мекенжайындағы торап атауын тексеріңіз немесе IP мекенжайын көрсетіңіз
advice-no-encryption = Камерада TLS қосыңыз (1.2 не одан жаңа нұсқа), портты түзетіңіз немесе rtsp: мекенжайын көрсетіңіз
advice-certificate-untrusted = Камераға сенімді сертификат орнатыңыз немесе баптаулардағы camera_certificates мәнін өзгертіңіз
advice-certificate-expired = Камераның сертификатын жаңартыңыз, оның және жұмыс орнының сағатын тексеріңіз
advice-certificate-changed = Жаңа сертификатқа сенбес бұрын камера не сертификат ауыстырылды ма, камера технигінен сұраңыз (qyran certificates forget)
advice-wrong-password = Дұрыс пайдаланушы аты мен құпиясөзді енгізіңіз (qyran passwords); камера есептік жазбаны бұғаттамауы үшін оған дейін сирек қайталанады
advice-password-missing = Осы камераның пайдаланушы аты мен құпиясөзін енгізіңіз (qyran passwords)
advice-password-unsafe = Камерада Digest қосыңыз: ол тек Basic ұсынады, ал Basic құпиясөзді желіде ашып қояды
advice-not-permitted = Камераның не регистратордың баптауларында осы пайдаланушыға ағынды көру құқығын беріңіз
advice-not-found = Камера мекенжайындағы жолды және арна нөмірін тексеріңіз
advice-too-many-viewers = Камераны басқа бағдарламалар мен регистраторларда жабыңыз немесе қосылым шегін көбейтіңіз
advice-not-now = Күтіңіз, әрекет өздігінен қайталанады; түзелмесе, камераны қайта іске қосыңыз
advice-range-refused = Камера технигіне хабарлаңыз: камера сұралған уақыттан бастап көрсетпейді
advice-transport-refused = Мекенжайда rtsp: орнына rtspu: жазыңыз немесе керісінше
advice-refused = Камера технигіне жауап кодын айтыңыз: камераның баптаулары не микробағдарламасы сай емес
advice-server-unavailable = Күтіңіз, камера не регистратор іске қосылуда немесе шамадан тыс жүктелген; түзелмесе, оны қайта іске қосыңыз
advice-no-video = Камера баптауларында осы ағынның бейнесін қосыңыз немесе басқа ағынды көрсетіңіз
advice-unsupported-codec = Камера баптауларында ағынға H.264, H.265 немесе MJPEG таңдаңыз
advice-silent = Жұмыс орны мен камера арасындағы желіні тексеріңіз, содан кейін камераны қайта іске қосыңыз
advice-moved-away = Ағынның нақты мекенжайын көрсетіңіз: камера не регистратор қате бағыттайды
advice-protocol-error = Камераны қайта іске қосып, микробағдарламасын жаңартыңыз; көмектеспесе, камера технигіне хабарлаңыз
advice-decode-failed = Осы жұмыс орнында qyran doctor іске қосыңыз; басқа камералар қалыпты болса, осы камераны қайта іске қосыңыз
advice-decoder-restarted = Күтіңіз, кескін өздігінен қайтады; қайталанса, qyran doctor іске қосыңыз
advice-file = Файл орнында ма, онда бейне бар ма және оқуға рұқсат бар ма, тексеріңіз
advice-no-address = Камералар файлында осы ағынның мекенжайын көрсетіңіз
advice-seat-failed = Осы жұмыс орнында qyran doctor іске қосып, бағдарламаны қайта ашыңыз
advice-reopened = Күтіңіз, ұйқы режимінен кейін барлық ағын қайта ашылуда

## Кескіннің жасы

age-seconds = { $seconds } с
age-minutes = { $minutes } мин
age-hours = { $hours } сағ
age-ago = { $age } бұрын

## Күй жолы

status-feeds = Эфирде { $live } / { $total }
status-frames = Кадрлар { $shown } / { $due }
status-dropped = Өткізіп алынды { $frames }
status-processor = Процессор { $cores } ядро
status-looks = қарау/с: { $looks }
eyes-blind = Детекторлар қарап тұрған жоқ; qyran doctor қараңыз
status-clock = { $time }
count-cameras = { $count ->
    [one] { $count } камера
   *[other] { $count } камера
  }
count-pages = { $page }-бет, барлығы { $pages }

## Командалар

command-language = Тіл
command-full-screen = Толық экран
command-fit = Кескінді сыйғызу
command-boxes = Детекторлар не көреді
command-fit-letterbox = Кадр толығымен
command-fit-crop = Ұяшықты толтыру
command-enlarge = Үлкейту
command-back = Қабырғаға қайту
command-next-page = Келесі бет
command-previous-page = Алдыңғы бет
command-layout = Орналасу
command-layout-automatic = Автоматты
command-layout-columns = { $count ->
    [one] { $count } баған
   *[other] { $count } баған
  }
command-help = Анықтама
command-quit = Шығу

## Анықтама

help-title = Пернелер
help-move = Ұяшықты таңдау
help-arrows = Бағыттауыш пернелер
help-click = Шерту
help-double-click = Қос шерту
help-close = Жабу

## Сөзбен айтылған қателер

error-no-gpu = Бейнеадаптер табылмады
error-no-gpu-hint = Vulkan немесе OpenGL драйверін орнатыңыз; бағдарламалық сызу үшін: { $package }
error-no-display = Дисплей жоқ
error-no-display-hint = Бағдарламаны графикалық сеанста іске қосыңыз немесе DISPLAY не WAYLAND_DISPLAY мәнін беріңіз
error-camera-file = { $file } камералар файлы оқылмайды: { $problem }
error-camera-row = Камералар файлы, { $row }-жол, { $field } өрісі: { $problem }
error-camera-line = Камералар файлы, { $row }-жол: { $problem }
camera-file-kind = атауы .csv не .toml деп аяқталуы керек
camera-file-large = ол 256 МБ-тан үлкен
camera-file-not-text = бұл мәтін емес; оны «CSV UTF-8» түрінде сақтаңыз
camera-file-encoding = ол UTF-8 емес, шамасы { $encoding }
camera-file-sample = Солай оқылса, онда былай жазылған: «{ $sample }»
camera-file-read-as = { $encoding } деп оқу
camera-file-no-camera = бірде-бір жолы жарамайды
error-camera-rows = { $count ->
    [one] Камералар файлының { $count } жолында қате бар; қалған камералар ашылды
   *[other] Камералар файлының { $count } жолында қате бар; қалған камералар ашылды
  }
error-passwords-open = { $file } құпиясөздер файлын басқалар оқи алады; оған 600 құқығын беріңіз
error-missing-element = GStreamer элементі жоқ: { $element }; { $package } бумасын орнатыңыз
error-no-footage = Көрсетілім жазбалары жоқ
error-no-footage-hint = Оларды мына командамен дайындаңыз: { $command }
notice-restarted-crash = { $time }: бағдарлама ақаудан кейін қайта іске қосылды ({ $what })
notice-restarted-signal = { $number } сигналы
notice-restarted-exit = аяқталу коды { $number }
notice-restarted-still = { $time }: бағдарлама жауап бермегендіктен қайта іске қосылды
notice-restarted-device = { $time }: графикалық құрылғы жоғалғандықтан бағдарлама қайта іске қосылды

## Камералар файлының өрісінде не дұрыс емес

problem-empty = бос
problem-too-long = { $most } таңбадан ұзын
problem-bad-character = рұқсат етілмеген таңба: { $character }
problem-not-a-number = сан емес: { $value }
problem-out-of-range = { $value } мәні { $least } бен { $most } аралығында емес
problem-unknown-word = белгісіз сөз: { $value }; белгілілері: { $known }
problem-doubled = { $value } екі рет кездеседі
problem-bad-address = мекенжай емес: { $value }
problem-address-has-password = мекенжайда құпиясөз бар; оны құпиясөздер файлына көшіріңіз
problem-syntax = оқылмайды: { $value }
problem-missing-column = баған жоқ
problem-unknown-column = белгісіз баған
problem-doubled-column = осындай атауы бар екі баған; біріншісі есепке алынады
problem-open-quote = мұнда тырнақша ашылған, бірақ жабылмаған
problem-too-many-cells = ұяшықтар саны тақырыптағы бағандардан көп: { $most }

## Көрсететін ештеңе жоқ

empty-no-cameras = Әзірге камера жоқ: камералар файлын немесе көрсетілім қаласын ашыңыз
empty-no-cameras-hint = { $command }

## Жұмыс орнын тексеру

doctor-title = Осы жұмыс орнында не бар
doctor-ready = Бейнеқабырға жұмыс істей алады
doctor-not-ready = Бейнеқабырға әзірге жұмыс істей алмайды
doctor-state-ok = бар
doctor-state-warn = назар аударыңыз
doctor-state-missing = жоқ
doctor-section-programs = Нұсқалар
doctor-section-graphics = Графика
doctor-section-display = Мониторлар
doctor-section-media = Бейне
doctor-section-sound = Дыбыс
doctor-section-machine = Компьютер
doctor-section-clock = Сағат
doctor-section-folders = Қалталар мен жазбалар
doctor-hint-install = { $package } орнатыңыз
doctor-hint-gpu = Бейнекарта драйверін немесе бағдарламалық сызу үшін { $package } орнатыңыз
doctor-hint-gpu-software = Суретті процессор сызады; драйвері бар бейнекарта бұл жүктемені өзіне алар еді
doctor-hint-display = Графикалық сеанста іске қосыңыз немесе DISPLAY не WAYLAND_DISPLAY мәнін беріңіз
doctor-hint-monitors-unknown = Өлшемдері мен орналасуын көру үшін { $package } орнатыңыз
doctor-hint-media = GStreamer орнатыңыз: { $package }
doctor-hint-hardware-decoder = Бейнені процессор декодтайды; { $package } бейнекартаның декодерін беруі мүмкін
doctor-hint-sound = Дабылдар естілмейді: дыбыс картасын немесе колонканы қосып, дыбыс серверін тексеріңіз
doctor-hint-cores = 45 камераға кемінде мынанша ядро керек: { $cores }
doctor-hint-memory = 45 камераға кемінде { $memory } керек
doctor-hint-clock = Уақытты үйлестіруді қосыңыз: жазбалар мен істердің күні осы сағат бойынша қойылады
doctor-hint-clock-unknown = Осы компьютердің сағаты үйлестірілетінін қолмен тексеріңіз
doctor-hint-folder = HOME немесе XDG қалталарын беріңіз не --config пен --data көрсетіңіз
doctor-hint-folder-unwritable = Осы пайдаланушыға сонда жазу құқығын беріңіз
doctor-hint-footage = Тек көрсетілімге керек: { $command } командасымен дайындаңыз
doctor-hint-keyring = Камералардың құпиясөздері файлда жатыр; кілттер сақтағышы оларды шифрлап сақтайды: { $package } орнатыңыз
doctor-hint-keyring-none-yet = Жұмыс үстелінің бағдарламасында негізгі кілттер сақтағышын жасаңыз немесе жүйеге құпиясөзбен кіріңіз: әдетте ол кіргенде жасалады
doctor-hint-keyring-locked = Кілттер сақтағышының құлпын ашыңыз, әдетте ол жүйеге кіргенде ашылады; оған дейін құпиясөздер тек файлдан алынады
doctor-hint-keyring-failed = Бұл түзетілгенше құпиясөздер тек файлдан алынады
doctor-none = жоқ
doctor-hint-models = Мұнсыз детекторлар қарамайды; models/fetch.py іске қосыңыз немесе модель қалтасын деректер жанындағы models ішіне салыңыз

## Камералардың құпиясөздері

passwords-prompt = { $name } құпиясөзі
passwords-none = Сақталған құпиясөз жоқ
passwords-camera = камера
passwords-host = хост
passwords-in-keyring = кілттер сақтағышы
passwords-in-file = құпиясөздер файлы
passwords-set-keyring = { $name } құпиясөзі жүйенің кілттер сақтағышында сақталды
passwords-set-file = { $name } құпиясөзі { $file } файлында сақталды
passwords-forgotten = { $name } құпиясөзі жойылды: { $places }
passwords-moved-keyring = Жүйенің кілттер сақтағышына көшірілді: { $count }; { $file } жойылды
passwords-moved-file = { $file } файлына көшірілді: { $count }; жүйенің кілттер сақтағышында құпиясөз қалмады
passwords-nothing-to-move = Көшіретін ештеңе жоқ
passwords-keyring-missing = Жүйеде кілттер сақтағышы жоқ: { $problem }
passwords-keyring-locked = Жүйенің кілттер сақтағышы құлыптаулы; ондағы құпиясөздер көрсетілмейді, қолданылмайды және өзгермейді
passwords-keyring-locked-wall = Жүйенің кілттер сақтағышы құлыптаулы, ондағы құпиясөздер белгісіз: құлпын ашып, қабырғаны қайта іске қосыңыз
passwords-keyring-failed = Жүйенің кілттер сақтағышындағы құпиясөздер қолданылмайды: { $problem }
passwords-keyring-silent = жүйенің кілттер сақтағышы { $seconds } с ішінде жауап бермеді

## Камера картасы

card-title = Камера
card-link = Байланыс
card-picture = Кескін
card-load = Декодтау
card-service = Есеп
card-reason = Себебі
card-advice = Не істеу керек
card-matter = Қайдан іздеу керек
card-stream = Ағын
card-age = Кадр жасы
card-ages = 50 / 95 / 99 %: { $p50 } / { $p95 } / { $p99 } мс
card-frames = Кадрлар
card-counters = { $received } қабылданды, { $lost } пакет жоғалды, сеанс: { $sessions }
card-minute = Соңғы минутта
card-breaks = бұрмаланған кадрлар: { $percent } %, жоғалған пакеттер: { $lost }, толық емес кадрлар: { $concealed }, үзілістер: { $breaks }
card-clock = Камера сағаты
card-own-clock = Біздің сағат
card-detectors = Детекторлар
card-looked = { $age } бұрын қарады
card-look-every = { $seconds } с сайын
card-look-counts = қаралған кадрлар: { $looks }, өткізілгені: { $passed }, кадр бөліктері: { $parts }
card-no-look = әлі қарамады
count-people = адам { $count }
count-vehicles = көлік { $count }
count-an-hour = соңғы сағатта
count-watched = уақыттың { $percent } %-ы бақыланды
count-not-watched = бақыланбады
count-chart = 24 сағат; сызықтар: бүкіл уақыт бақыланбады
count-most = ең көбі { $count }
card-priority = Басымдық
card-priority-hint = Қуат жетпесе, алдымен 5, соңында 1 баяулайды
card-id = Коды
card-firm = Фирма
card-system = Жүйе
card-phone = Телефон
card-day = 24 сағат
card-good-share = бақылау уақытының { $percent } % сенімді

## Сағаттар

clock-unknown = хабарламайды
clock-offset = бізден { $sign }{ $seconds } с
clock-hour = 2024 жылғы наурызда UTC+5-ке ауыстырылмаған ба?
clock-uncertain = Дәл емес: біздің сағат тексерілмеген
clock-own-yes = эталонмен сәйкес
clock-own-no = эталонмен сәйкестендірілмеген
clock-own-unknown = сәйкестігі белгісіз

## Сенуге болмайтын камералар

troubles-title = Сенуге болмайды: { $count }
troubles-none = Бұл беттегі камералардың бәріне сенуге болады.
notice-no-other-camera = Орнына қоятын басқа камера жоқ.
command-card = Камера картасы
command-troubles = Сенуге болмайтын камералар
command-replace = Басымдығы бойынша келесісімен ауыстыру
command-undo-replace = Ауыстыруды қайтару
command-accept-picture = Енді камера осылай көрінеді
status-slowed = ◑ Баяулатылған { $count }

## Рөлдер

role-inspector = бейнебақылау инспекторы
role-operator-102 = 102 операторы
role-senior = ауысым аға инспекторы
role-chief = орталық бастығы
role-trainer = жаттықтырушы-нұсқаушы
role-maintenance = камераларға қызмет көрсетуші
role-auditor = аудитор
role-guest = қонақ
role-administrator = әкімші
role-short-inspector = ИНСП
role-short-operator-102 = 102
role-short-senior = АҒА
role-short-chief = БАСТ
role-short-trainer = НҰСҚ
role-short-maintenance = ТЕХ
role-short-auditor = АУД
role-short-guest = ҚОН
role-short-administrator = ӘКІМ
roles-title = Кім не істей алады
roles-yes = иә
roles-with-second = тек осы құқығы бар екінші қызметкермен бірге
roles-no = жоқ

## Құқықтар

right-watch-live = камераларды тікелей эфирде көру
right-steer-cameras = бұрылмалы камераларды басқару
right-review-recordings = жазбаларды қарау
right-show-big-screen = үлкен экранға шығару
right-ask-access = жекеменшік камераға қолжетімділік сұрау
right-approve-access = қолжетімділік сұранысын мақұлдау
right-answer-alarms = дабылдарды, SOS пен хабарламаларды қабылдау
right-send-to-unit = кезекші бөлімге тапсыру
right-confirm-face = бет-әлпетті салыстыру
right-send-face = бет-әлпеттің ықтимал сәйкестігін тапсыру
right-plan-lessons = қару макеті бар сабақты белгілеу
right-shelve-class = дабыл түрін кейінге қалдыру
right-change-rules = шектерді, тізімдерді, дабыл түрлерін өзгерту
right-search-faces = бет-әлпет бойынша іздеу
right-search-plates = көлік нөмірі бойынша іздеу
right-see-bracelets = электрондық білезіктерді көру
right-check-searches = іздеу мақсаттарын тексеру
right-lift-masks = жекелік маскаларын алу
right-export-evidence = дәлелдемелерді шығару
right-hold-recordings = жазбаларды іс үшін сақтау
right-erase-recordings = жоюға тыйымды алу, мерзімінен бұрын жою
right-keep-post = бекетті қабылдау және тапсыру
right-plan-shifts = бекеттер мен үзілістерді бөлу
right-take-over = басқа орталықтың камераларын сұраныспен алу
right-see-statistics = статистиканы көру
right-report-camera = тазалау мен жөндеуге өтінім беру
right-service-cameras = камералар тізімі мен тексерулерді жүргізу
right-run-drills = жаттығулар өткізу
right-read-log = аудит журналын оқу
right-manage-people = қызметкерлерді басқару
right-change-settings = баптауларды өзгерту

## Журналдағы адамдардың әрекеттері

act-first-administrator = алғашқы әкімші қосылды
act-person-added = қызметкер қосылды
act-person-changed = қызметкер деректері өзгертілді
act-roles-changed = рөлдері өзгертілді
act-pin-changed = ПИН-код өзгертілді
act-badges-changed = рұқсаттамалар өзгертілді
act-person-disabled = қызметкер ажыратылды
act-person-enabled = қызметкер қайта қосылды
act-sign-in = кіру
act-sign-in-refused = кіруге рұқсат берілмеді
act-sign-out = шығу
act-seat-locked = жұмыс орны бұғатталды
act-seat-unlocked = жұмыс орнының бұғаты алынды
act-second-signed-in = екінші қызметкер кірді
act-second-signed-out = екінші қызметкер шықты
act-tries-swept = кіру қателерінің ескі есептері жойылды

## Кіру

sign-in-wrong = Логин немесе ПИН-код қате.
sign-in-wrong-rest = Логин немесе ПИН-код қате. Келесі әрекет { $seconds } с кейін.
sign-in-login-rests = Бұл логинмен тым көп қате жіберілді. Келесі әрекет { $seconds } с кейін.
sign-in-seat-rests = Бұл жұмыс орнында тым көп қате жіберілді. Келесі әрекет { $seconds } с кейін.
sign-in-not-a-second = Бұл қызметкер растай алмайды: осындай құқығы бар басқасы керек.
sign-in-door-unknown = Есіктегі терминал кіруге рұқсаты жоқ адам туралы хабарлады.

## Атында, логинінде немесе ПИН-кодында не дұрыс емес

name-empty = бос
name-too-short = { $least } таңбадан қысқа
name-too-long = { $most } таңбадан ұзын
name-character = рұқсат етілмеген таңба: { $code }
name-beginning = әріптен басталуы керек
name-alphabets = екі әліпбидің әріптері
pin-too-short = кемінде { $digits } цифр немесе { $characters } таңба
pin-too-long = { $most } таңбадан ұзын
pin-character = көрінбейтін таңба бар
pin-repeated = бір нәрсе қайталанады
pin-row = бұл цифрлардың, әріптердің немесе пернелердің қатары
pin-date = бұл күн-ай-жыл
pin-common = оны көп адам таңдайды
pin-name = ішінде аты немесе логині бар
pin-same = бұрынғысымен бірдей

## Қызметкермен мұны неге істеуге болмайды

refusal-no-right = Құқық жоқ: { $right }
refusal-no-such-person = Мұндай қызметкер жоқ.
refusal-name = Аты: { $problem }
refusal-login = Логин: { $problem }
refusal-login-given = { $login } логині немесе соған ұқсасы бос емес.
refusal-pin = ПИН-код: { $problem }
refusal-own-roles = Өз рөлдерін ешкім өзгертпейді.
refusal-roles-none = Кемінде бір рөл керек.
refusal-roles-alone = Рөл басқа рөлдермен үйлеспейді: { $role }
refusal-roles-apart = Рөлдер бірге болмайды: { $one }, { $other }
refusal-last-administrator = Кемінде бір әкімші қалуы керек.
refusal-not-the-first = Әкімші бұрыннан бар.
refusal-nothing-to-do = Ештеңе өзгермейді.
refusal-badge = Бұл рұқсаттама нөмірі емес.
refusal-badge-given = Бұл рұқсаттама басқа адамдікі.
refusal-too-many-badges = { $most } рұқсаттамадан көп

## Posts, breaks, handover and claims

act-post-saved = Бекет өзгертілді
act-post-removed = Бекет жойылды
act-post-taken = Бекет қабылданды
act-post-stood-down = Бекет алынды: ешкім бақыламайды
act-card-written = Нұсқаулыққа жазылды
act-card-struck = Нұсқаулықтан алынды
act-cover-offered = Үзіліске алмастыру сұралды
act-cover-accepted = Алмастыру қабылданды
act-cover-refused = Алмастырудан бас тартылды
act-cover-withdrawn = Алмастыру сұранысы қайтарып алынды
act-cover-expired = Алмастыру сұранысы жауапсыз қалды
act-cover-asked-back = Жиынтықты қайтару сұралды
act-cover-returned = Жиынтық қайтарылды
act-cover-lost = Алмастырған орын жоғалды, жиынтық қайтарылды
act-cover-kept = Жиынтық алмастырушыда қалды
act-break-reminded = Үзіліс туралы еске салу
act-handover-drafted = Ауысымды тапсыру басталды
act-handover-refreshed = Тапсыру тармақтары жаңартылды
act-handover-noted = Тапсыруға жазба қосылды
act-handover-offered = Ауысымды тапсыру ұсынылды
act-handover-declined = Ауысымды қабылдаудан бас тартылды
act-handover-withdrawn = Ауысымды тапсыру қайтарып алынды
act-handover-opened = Ауысымды тапсыру оқуға ашылды
act-handover-read = Тапсыру тармақтары оқылды
act-handover-finished = Ауысым тапсырылды
act-claim-taken = Жұмысқа алынды
act-claim-released = Босатылды
act-claim-asked = Басқа орталықтан қабылдау сұралды
act-claim-ask-withdrawn = Қабылдау сұранысы қайтарып алынды
act-claim-granted = Қабылдауға рұқсат берілді
act-claim-denied = Қабылдаудан бас тартылды
act-claim-taken-over = Басқа орталықтан қабылданды
act-claim-given-back = Өз орталығына қайтарылды
act-claim-recalled = Басқа орталықтан қайтарып алынды
refusal-unknown = Бұл енді жоқ
refusal-other-centre = Бұл басқа орталыққа тиесілі
refusal-own-centre = Бұл өз орталығыңызға тиесілі: бірден қабылдаңыз
refusal-not-for-you = Мұны басқа адам жасауы керек
refusal-yourself = Өзіңізге тапсыруға болмайды
refusal-not-holder = Сізде бекет жоқ
refusal-held-by-another = Мұнымен басқа адам айналысуда
refusal-already-yours = Бұл қазірдің өзінде сізде
refusal-on-break = Сіз үзілістесіз: алдымен оралыңыз
refusal-they-on-break = Бұл әріптес үзілісте
refusal-offer-open = Алдыңғы сұранысыңыз әлі жауап күтуде
refusal-handover-open = Ауысымды тапсыруыңыз әлдеқашан ашық
refusal-covers-others = Сіз әріптесті алмастырып тұрсыз: алдымен оның жиынтығын қайтарыңыз
refusal-covered = Бекет үзіліс кезінде алмастыруда
refusal-held = Бекетті біреу ұстап тұр
refusal-not-now = Күйі өзгеріп кетті: қайта қараңыз
refusal-expired = Мерзімі өтті
refusal-still-stands = Сұраныс әлі күшінде
refusal-changed = Бекеттер өзгеріп кетті: қайта сұраңыз
refusal-still-there = Әріптес орнында, растауы керек
refusal-not-there = Әріптес орнында жоқ
refusal-too-many-posts = Бір адам ұстай алатын бекет саны: ең көбі { $most }
refusal-unread = Оқылмаған маңызды тармақтар: { $count }
refusal-one-at-a-time = Маңызды тармақтар бір-бірлеп расталады
refusal-empty = Ештеңе жазылмаған
refusal-too-long = Тым ұзын: ең көбі { $most } таңба
refusal-too-many = Тым көп: ең көбі { $most }
refusal-doubled = { $camera } камерасы екі жиынтықта тұр және ортақ деп белгіленбеген
refusal-lent = Мұнымен басқа орталық айналысуда
cover-offered = сұралды
cover-running = жүріп жатыр
cover-asked-back = қайтару сұралды
cover-returned = қайтарылды
cover-refused = бас тартылды
cover-withdrawn = қайтарып алынды
cover-expired = жауапсыз
cover-lost = алмастырушы жоғалды
cover-kept = алмастырушыда қалды
notice-cover-offered = { $name } үзіліс кезінде алмастыруды сұрайды
notice-cover-asked-back = { $name } оралды: жиынтықты қайтарыңыз
notice-cover-accepted = { $name } сізді алмастырып тұр
notice-cover-refused = { $name } алмастырудан бас тартты
notice-cover-expired = { $name } жауап бермеді
notice-cover-returned = { $name } жиынтығыңызды қайтарды
notice-cover-lost = { $name } орны жоғалды: жиынтық қайтадан сізде, оны ешкім көріп отырған жоқ
notice-cover-kept = { $name } жиынтығыңызды өзінде қалдырды
seat-present = орнында
seat-on-break = үзілісте
seat-locked = бұғатталған
seat-away = орнында жоқ
sight-free = Ешкім ұстамайды
sight-seen = Бақылауда
sight-gone = Ешкім көрмейді: орын жоғалды
sight-on-break = Ешкім көрмейді: үзіліс
sight-locked = Ешкім көрмейді: орын бұғатталған
sight-away = Ешкім көрмейді: жауапты адам орнында жоқ
sight-shows-another = Ешкім көрмейді: орында басқа жиынтық ашық
eye-watched = бақылауда
eye-rotating = кезекпен
eye-unwatched = бақылаусыз
request-asked = сұралды
request-taken = қабылданды
request-given-back = қайтарылды
request-withdrawn = қайтарып алынды
watching-spot = Ұлғайтылған кескінге { $minutes } мин қарадыңыз: басқа жұмысқа ауысыңыз немесе үзіліс жасаңыз
watching-long = { $minutes } мин үзіліссіз бақылау: үзіліс жасаңыз
item-attention = Ерекше назар
item-open-cover = Аяқталмаған алмастыру
item-open-alarm = Ашық дабыл
item-open-case = Ашық іс
item-shelved = Кейінге қалдырылған дабыл
item-note = Жазба
item-dead-camera = Сенуге болмайтын камера
item-other = Басқа
item-stands-in-for = алмастырып тұр: { $name }
item-the-rest = және тағы { $count }
handover-title = Ауысымды тапсыру
handover-draft = дайындалуда
handover-offered = ұсынылды
handover-reading = оқылуда
handover-finished = аяқталды
handover-withdrawn = қайтарып алынды
handover-from = Тапсырады
handover-to = Қабылдайды
handover-posts = Бекеттер
handover-state = Күйі
handover-day = 24 сағатта
handover-critical = Маңызды
handover-unread = оқылмаған
handover-more = Және тағы: { $kinds }
handover-signed-from = Тапсырды
handover-signed-to = Қабылдады
handover-printed = Басып шығарылды: { $at }

# The seat: signing in, the shift
seat-somebody-was-first = Біреу бұрын үлгерді: қазір қалай екенін қараңыз.
seat-not-allowed = Сізге бұған рұқсат жоқ: { $right }
seat-no-store = Ештеңе сақталмайды: { $problem }
seat-store-of-the-centre = орталықтың қоймасы
seat-not-reached-yet = әлі байланыс болған жоқ
seat-centre-away = Орталықпен байланыс жоқ, жіберуді күтуде: { $count }
seat-conflicts = Орталық қабылдамады: { $count }
sign-in-title = Кіру
sign-in-first = Алғашқы іске қосу
sign-in-first-why = Мұнда әлі ешкім жоқ. Алғашқы адам қалғандарын басқарады.
sign-in-locked = Құлыпталған: { $name }
sign-in-new-pin = Өз ПИН-кодыңызды ойлап табыңыз
sign-in-opening = Қойма ашылып жатыр …
sign-in-name = Аты
sign-in-login = Логин
sign-in-pin = ПИН-код немесе құпиясөз
sign-in-pin-again = Тағы бір рет
sign-in-pins-differ = Екеуі бірдей емес.
sign-in-go = Кіру
sign-in-unlock = Құлыптан шығару
sign-in-take-pin = Қабылдау
sign-in-make-first = Әкімшіні құру
sign-in-busy = Тексерілуде …
sign-in-demo = Көрсетілім: { $logins }; ПИН-код { $pin }
command-shift = Ауысым мен бекеттер
command-lock = Орынды құлыптау
command-sign-out = Шығу
shift-title = Ауысым мен бекеттер
shift-nobody = Ешкім кірмеген.
shift-posts = Бекеттер
shift-sounds-tested = Дыбыстар { $at } тексерілді: бәрі ойнатылды.
shift-sounds-not-heard = Дыбыстарды тексеру соңына жетпеді.
shift-sounds-untested = Бұл ауысымда дыбыстарды әлі тексерген жоқсыз.
shift-no-posts = Бекеттер әлі жоқ.
shift-cameras = { $count ->
    [one] { $count } камера
   *[other] { $count } камера
    }
shift-free = бос
shift-stands-in = { $name } орнында, { $age }
shift-take = Қабылдау
shift-break = Үзіліс
shift-i-am-back = Мен оралдым
shift-waits = Жауап күтілуде
shift-asked = Орнын басу сұралды: { $name }
shift-withdraw = Қайтарып алу
shift-ask-whom = Орнын басуды сұрау:
shift-holds-nothing = Сізде бекет жоқ.
shift-no-colleague = Орнында әріптес жоқ.
shift-accept = Келісу
shift-refuse = Бас тарту
shift-give-back = Жинақты қайтару
shift-seats = Орындар
shift-empty = ешкім жоқ
shift-gone = { $age } хабар жоқ
handover-begin = Тапсыруды бастау
handover-how-far = { $state } · тармақ: { $count }, оқылмаған: { $unread }
handover-note-hint = Келесі адам нені білуі керек
handover-add-note = Қосу
handover-to-whom = Кімге тапсыру:
handover-open = Оқу
handover-read = Оқылды
handover-finish = Ауысымды қабылдау
handover-critical-left = Оқылмаған маңызды тармақ: { $count }
handover-last = Соңғысы: { $from } → { $to }
handover-print = Басып шығару беті
handover-page-written = Басып шығару беті: { $file }
act-people-founded = көрсетілім адамдары құрылды
act-enlarged = камера үлкейтіп көрсетілді
act-clock-stepped = орынның сағаты ауыстырылды
act-wall-opened = қабырға ашылды
act-wall-restarted = қабырға ақаудан кейін қайта қосылды
act-wall-closed = қабырға жабылды
demo-post = { $number }-бекет

## Журналды тексеру

log-place-store = журналдың жанында
log-place-witness = екінші орында { $name }
log-changed = { $index } жол өзгертілген: мәтіні мен хеші бір-біріне сәйкес келмейді
log-missing-one = { $index } жол жоқ
log-missing = { $from }–{ $to } жолдар жоқ
log-doubled = Екінші { $index } жол бар
log-repeated = { $index } жол { $first } жолдың әрекетін қайталайды
log-moved = { $from }–{ $to } жолдар өз орнында емес: біріншісі өзін { $says } жол деп атайды
log-unreadable = { $index } жол журнал жолы емес
log-root-differs = { $from }–{ $to } жолдардың арасында бір нәрсе өзгертілген, жойылған немесе қосылған: { $key } бақылау нүктесі { $place } сәйкес келмейді
log-not-extension = { $size } жолға арналған, { $key } қол қойған бақылау нүктесі { $place } басқа өткенге жатады: { $from } жолдан бастап қайта жазылған
log-signature-bad = { $key } атынан жалған қолтаңбалар { $place }: { $count }, өлшемдері { $size }–{ $last }
log-unknown-key = Белгісіз { $key } кілті қол қойған бақылау нүктелері { $place }: { $count }, өлшемдері { $size }–{ $last }
log-checkpoint-unreadable = { $size } жолға арналған бақылау нүктесі { $place } оқылмайды
log-checkpoint-unreadable-some = Бақылау нүктесі { $place } оқылмайды
log-checkpoint-moved = { $size } жол үшін сақталған бақылау нүктесі { $says } жолға жатады
log-other-log = Бақылау нүктесі { $place } басқа журналға жатады: { $origin }
log-rolled-back = Журнал кейін қайтарылған: { $key } { $known } жолға қол қойған ({ $place }), ал қазір { $is }
log-head-differs = Қойма бойынша журналда { $says } жол, ал шынында { $is }
log-head-differs-within = Қоймадағы ағаш { $from }–{ $to } жолдардың арасында сәйкес келмейді
log-head-unreadable = Қоймадағы ағаш оқылмайды
log-unsigned = { $from }–{ $to } жолдарға белгілі ешкім қол қоймаған
log-record-differs = { $kind } { $id } жазбасы { $index } жол қалдырған күйде емес
log-record-missing = { $index } жол соңғы рет енгізген { $kind } { $id } жазбасы жоқ
log-record-unknown = { $kind } { $id } жазбасы журналдың бірде-бір жолында жоқ
log-report-clean = Журнал бүтін: { $lines } жол қол қойылған бақылау нүктелерімен ({ $compared }) сәйкес
log-report-harmed = Журнал бүтін емес: бұзушылықтар { $count }. { $lines } жолдың алғашқы { $proved } жолы дәлелденген
act-seat-key-registered = орынның қол қою кілті тіркелді
audit-proved = Дәлелденді: { $line }-жол { $origin } журналында тұр (барлығы { $size } жол), қол қойған: { $signers }.

## Орталық: адамдар, бекеттер, журнал, қабылданбағандар

command-rules = Таңдалған камера ережелері
command-centre = Орталық: адамдар, бекеттер, журнал
centre-people = Адамдар
centre-posts = Бекеттер
centre-log = Журнал
centre-conflicts = Қабылданбады
centre-roles = Рөлдер
roles-legend = ✓ иә · 2 екінші адаммен бірге · нүкте: жоқ
people-new = Жаңа адам
people-disabled = кіруі жабық
people-must-change = келесі кіргенде жаңа ПИН таңдайды
people-save = Сақтау
people-roles = Рөлдер
people-save-roles = Рөлдерді сақтау
people-pin = ПИН
people-pin-hint = Оны алған адам алғаш кіргенде басқасын таңдайды.
people-add = Қосу
people-set-pin = ПИН қою
people-badges = Рұқсаттамалар: { $count }
people-badge = Рұқсаттама нөмірі
people-add-badge = Рұқсаттама қосу
people-remove-badges = Барлық рұқсаттаманы алып тастау
people-enable = Кіруді ашу
people-disable = Кіруді жабу
conflicts-hint = Орталық қолжетімсіз кезде осы орында жасалғаннан орталық қабылдамағандар: біреу бұрын үлгерген. Онда бұлардың ешқайсысы жасалған жоқ.
conflicts-none = Қабылданбаған ештеңе жоқ.
conflicts-nobody = бағдарлама
conflicts-now = Қазір: { $who }
conflicts-first = Біреу бұрын үлгерді: орталықта ол өзгеріп қойған.
conflicts-seen = Көрдім
log-page-all = барлығы
log-page-hour = соңғы сағат
log-page-shift = соңғы 12 сағат
log-page-day = соңғы 24 сағат
log-page-week = соңғы 7 күн
log-page-month = соңғы 30 күн
log-page-period = Кезең
log-page-who = Кім
log-page-act = Әрекет
log-page-seat = Орын
log-page-line = Жол
log-page-time = Уақыт
log-page-about = Не туралы
log-page-detail = Толығырақ
log-page-text = Кез келген бағандағы мәтін
log-page-again = Қайта оқу
log-page-write = CSV файлына жазу
log-page-verify = Журналды тексеру
log-page-working = Орындалуда …
log-page-reading = Оқылуда …
log-page-none = Мұндай жолдар жоқ.
log-page-more = Ескірек жолдар
log-page-unread = Оқылмайтын жолдар: { $count }
log-page-written = Жазылған жолдар: { $lines }. Файл: { $file }
log-page-key-unread = { $seat } орнының кілті оқылмайды: { $problem }
posts-new = Жаңа бекет
posts-at-once = Бірден көрінетін камералар (0: барлығы)
posts-rotate = Келесілері неше секундтан кейін (0: ешқашан)
posts-classes = Дабыл түрлері, үтірмен
posts-set = Жиындағы камералар: { $count }
posts-not-in-the-list = осы орынның тізімінде жоқ
posts-search = Камера іздеу
posts-add-all = Осыларды қосу: { $count }
posts-save = Сақтау
posts-remove = Бекетті алып тастау
posts-stand-down = Бекеттен босату
posts-card = Бүгін назарда ұстау
posts-card-hint = Неге қарау керек
posts-card-add = Карточкаға жазу
act-mask-lifted = маска алынды
act-mask-lowered = маска қайтарылды
act-log-exported = журнал файлға жазылды
act-log-verified = журнал тексерілді
act-noticed = детекторлар байқады
card-mask-lifted = Маска алынды, қалғаны { $left }
command-lift-mask = Масканы алу
command-lower-mask = Масканы қайтару
sign-in-second = Екінші адам
sign-in-second-why = Екі адам керек: «{ $right }» құқығы бар басқа адам өз ПИН-кодымен растайды.
sign-in-confirm = Растау
sign-in-cancel = Бас тарту
shift-without-break = { $minutes } мин үзіліссіз
shift-not-in-the-list = Осы орынның тізімінде жоқ камералар: { $count }
troubles-taken = ● { $name } айналысуда
troubles-take = Мен аламын
troubles-let-go = Жіберу
keep-there = { $place } бұрыннан бар; ештеңе жазылмады
keep-foreign = { $place } — бұл бағдарламаның сақтық көшірмесі емес
keep-newer = { $place } жаңарақ бағдарламада жазылған (пішім { $found }, бұл бағдарлама { $known } пішімін біледі)
keep-line = { $place } { $line }-жолда бүлінген: { $why }
keep-block = { $place } { $from }-жолдан { $to }-жолға дейінгі аралықта бүлінген
keep-short = { $place } тым ерте, { $line }-жолдан кейін үзіледі
keep-long = { $place } соңынан кейін де жалғасады: { $line }-жол
keep-files = { $place } жоқ немесе бұл экспортқа жатпайды
keep-damage = { $place } бүлінген: { $said }
keep-record-changed = { $kind } { $id } жазбасы ({ $version }-нұсқа) журналдың { $line }-жолындағыдай емес: ол журналсыз өзгертілген
keep-record-version = { $kind } { $id } жазбасының нұсқасы { $version }, ал журналдың { $line }-жолында { $logged }
keep-record-removed = { $kind } { $id } жазбасы жоғалған; оны соңғы рет журналдың { $line }-жолы өзгерткен
keep-record-unlogged = { $kind } { $id } жазбасы ({ $version }-нұсқа) журналдың ешбір жолында жоқ
keep-columns = Журналдың { $line }-жолы өзі айтқаннан басқа белгілермен сақталған
keep-key = { $kind } { $id } жазбасындағы қолтаңба кілті оқылмайды
keep-waiting = Орталыққа әлі жетпеген әрекеттер: { $count }, файл: { $place }
keep-conflicts = Орталық қабылдамаған, ешкім қарамаған әрекеттер: { $count }, файл: { $place }
keep-other-store = { $place } { $mirrors } қоймасының көшірмесі, ал бұл — { $store }
keep-seen-more = { $place } журналдың { $seen } жолын көрген, қазір { $is } жол бар
keep-more = Жазбалар туралы тағы табылғандар: { $count }
keep-checked = { $place }: салыстырылған жазбалар { $records }, журнал жолдары { $lines }
keep-all-well = Ақау табылмады
keep-copied = { $place } жазылды және қайта оқып тексерілді: жазбалар { $records }, журнал жолдары { $lines }, барлығы { $size }
keep-copied-harm = Көшірмеде қойма қазіргі күйінде, ал қойма бүлінген. Табылғаны: { $count }
keep-not-restored = Ештеңе жазылмады: көшірмедегі деректер ол жасалғанға дейін бүлінген. Табылғаны: { $count } ({ $option } соған қарамастан қайтарады)
keep-restored = { $store } қоймасы { $time } күйіне қайтарылды: жазбалар { $records }, журнал жолдары { $lines }
keep-logins-restored = Пульттердің логиндері жазылды: { $count }. Жаңа серверде оларды { $command } қайта жасайды
keep-logins-aside = Орталықтың логиндері кейінгі орталық үшін бөлек сақталды: { $count }
keep-no-centre = Қай дерекқорды дайындау керек? Оны { $option } арқылы көрсетіңіз
keep-ready = { $place } пульттерге дайын
keep-prepared = Жасалған пульттер: { $new }, өзгеріссіз: { $there }, қалта: { $place }
keep-seat-made = { $seat }: логин { $login }, баптаулар: { $place }
keep-login-unknown = { $seat }: { $login } логині бар, бірақ оның құпиясөзі { $place } қалтасында жоқ; ештеңе өзгертілмеді
keep-login-other = { $seat }: { $login } логині бар, бірақ ол бұл орталықтың пульті емес; ештеңе өзгертілмеді
keep-seats-fault = { $place } { $line }-жол: { $problem }
keep-seats-fault-field = { $place } { $line }-жол, { $field }: { $problem }
keep-seats-missing = болуы керек
keep-seats-unknown = белгісіз
keep-seats-text = тырнақшадағы мәтін болуы керек
keep-seats-name = 1–64 байттық атау болуы керек
keep-seats-login = латынның кіші әріптері, цифрлар және _ болуы, әріптен басталуы керек
keep-seats-folder = әріптер, цифрлар, бос орындар, . _ және - болуы керек
keep-seats-doubled = “{ $what }” басқа пультте бар
keep-seats-none = пульттер жоқ

## Қойма не дейді

store-full = { $place }: диск толған; орын болғанша онда жаңасы сақталмайды.
store-not-writable = { $place }: жазу мүмкін емес ({ $why }).
store-damaged = { $place }: бүлінген ({ $why }). Бұрынғы көшірмесін орнына қойыңыз.
store-foreign = { $place }: бұл осы бағдарламаның қоймасы емес.
store-newer = { $place }: жаңарақ бағдарлама жазған (сұлба { $found }; бұл { $known } біледі). Ештеңе өзгертілмеді.
store-busy = { $place }: басқа бағдарлама ұстап тұр.
store-away = { $place }: байланыс жоқ ({ $why }).
store-refused = { $place }: бас тартады ({ $why }).
store-address = Қойманың мекенжайы түсініксіз ({ $why }).
store-engine = { $place }: { $why }.
store-not-empty = { $place }: онда бірдеңе бар; тек бос орынға жазылады.
store-closed = Қойма жабық.

## Ережелер: бағдарлама нені байқауы керек

rule-zone = Аймаққа кіру
rule-line = Сызықты кесіп өту
rule-counting = Санау сызығы
rule-dwell = Ұзақ болу
rule-count = Аймақта қанша
rule-crowd = Адамдардың жиналуы
rule-wrong-way = Қарсы бағыт
rule-left = Қалдырылған зат
rule-removed = Алып кетілген зат
rule-litter = Қоқыс
rule-yield = Жаяуға жол бермеу
rule-closed = Жабық аумақ
rule-stopped = Көліктің тоқтауы
rule-blade = Қару
fact-zone = Аймаққа біреу кірді
fact-line = Сызық кесіп өтілді
fact-counting = Сызықта саналды
fact-dwell = Біреу мұнда ұзақ тұр
fact-count = Аймақтағы адамдар
fact-crowd = Көп адам жиналды
fact-wrong-way = Қате бағытта қозғалуда
fact-left = Зат қалдырылды
fact-removed = Зат алып кетілді
fact-litter = Қоқыс тасталды
fact-yield = Жүргізуші жаяуға жол бермеді
fact-closed = Жабық аумақта біреу бар
fact-stopped = Көлік тоқтады
fact-blade = Қаруға ұқсас зат көрінді
direction-either = екі бағытта
direction-left-to-right = солдан оңға
direction-right-to-left = оңнан солға
day-mon = дс
day-tue = сс
day-wed = ср
day-thu = бс
day-fri = жм
day-sat = сн
day-sun = жс
sight-unknown = Ешкім жоқ, бағалау мүмкін емес
sight-here = Пышақ мұнда көрінеді
sight-in-main = Пышақ тек үлкен ағында көрінеді
sight-nowhere = Пышақты мұнда ажырату мүмкін емес
rule-field-least-score = Ең аз сенімділік
rule-field-least-height = Ең аз биіктік
rule-field-least-pixels = Пиксельмен ең аз биіктік
rule-field-priority = Басымдық
rule-field-looks = Секундына қарау саны
rule-field-tiles = Кадр бөліктерінің саны
rule-field-confirm-looks = Растауға қажет қарау саны
rule-field-confirm-seconds = Растауға қажет секунд
rule-field-cooldown = Хабарлар арасындағы үзіліс, с
rule-field-seconds = Уақыт, с
rule-field-over = Адам саны
rule-fault-id = Ереже коды бос, тым ұзын немесе рұқсат етілмеген таңбасы бар
rule-fault-camera = Камера коды бос, тым ұзын немесе рұқсат етілмеген таңбасы бар
rule-fault-long-name = Атауы { $most } таңбадан ұзын
rule-fault-few-points = Аймақтағы нүктелер: { $count }; кемінде 3 керек
rule-fault-many-points = Аймақта { $most } нүктеден көп
rule-fault-point-no-number = { $point }-нүкте сан емес
rule-fault-point-outside = { $point }-нүкте кадрдан тыс жатыр
rule-fault-same-point = { $first } және { $second } нүктелері беттеседі
rule-fault-crosses = { $first }-нүктеден басталған қабырға { $second }-нүктеден басталған қабырғаны кесіп өтеді
rule-fault-no-area = Аймақтың ауданы жоқ
rule-fault-line-short = Сызықтың ұштары беттеседі
rule-fault-part = Қаралатын кадр бөлігі бос немесе кадрдан тыс
rule-fault-no-direction = Рұқсат етілген бір бағытты таңдаңыз
rule-fault-many-classes = Сыныптар { $most } санынан көп
rule-fault-class = Сыныптың атауы жоқ немесе { $most } таңбадан ұзын
rule-fault-many-spans = Кестеде { $most } аралықтан көп
rule-fault-empty-span = Кестенің { $span }-аралығы бос
rule-fault-range = { $field }: { $least } мен { $most } аралығында болуы керек
rules-syntax = { $line }-жол: { $why }
rules-too-long = файл { $most } байттан ұзын
rules-too-many = файлда { $most } ережеден көп
rules-newer = файлды жаңарақ бағдарлама жазған (пішім { $found }; бұл { $known } біледі)
rules-missing = көрсетілуі керек
rules-unknown = белгісіз
rules-unknown-kind = “{ $kind }” түріндегі ереже жоқ
rules-wrong = түсініксіз ({ $why })
rules-doubled = осы камераның басқа ережесінде бар
rules-at-field = { $field }: { $problem }
rules-at-rule = { $number }-ереже ({ $id }): { $problem }
rules-at-rule-field = { $number }-ереже ({ $id }), { $field }: { $problem }
act-rule-saved = Камера ережесі өзгертілді
act-rule-removed = Камера ережесі жойылды

## Rules of a camera

rules-title = Ережелер
rules-none = Бұл камерада ештеңе бақыланбайды.
rules-add = Қосу
rules-on = қосулы
rules-off = өшірулі
rules-of-file = ереже файлынан
rules-of-place = нысан түрі бойынша
rules-drawn-elsewhere = { $camera } камерасының сақталмаған ережесі бар
rules-hint-keys = Нүктені, қырды не тұтас пішінді сүйреңіз. PgUp, PgDn — көрші нүкте; көрсеткілер жылжытады (Shift дәлірек); Ins, Del — қосу, алып тастау; Ctrl+Enter — сақтау.
rules-enabled = Қосулы
rules-name = Атауы
rules-over = Мынадан көп
rules-seconds = Секунд
rules-way-along = Аймақта көрсеткіге қарсы
rules-way-across = Сызық арқылы; рұқсаты:
rules-turn = Сызықты айналдыру
rules-now = Қазір аймақта: { $count }
rules-tried = Сынау: қазір не хабарлар еді
rules-tried-nothing = Әзірге ештеңе
rules-goes-on = жалғасуда
rules-classes = Не ізделеді
rules-how-sure = Сенімділік пен өлшем
rules-least-score = Ең аз сенімділік
rules-least-height = Ең аз биіктік, кадр үлесі
rules-source = Қай ағын
rules-source-sub = Шағын ағын
rules-source-main = Үлкен ағын
rules-source-tiles = Үлкен ағын 4 бөлікпен
rules-source-tiles-more = Үлкен ағын 6 бөлікпен
rules-source-other = Үлкен ағынның бөлігі
rules-schedule = Қашан
rules-always = Әрқашан
rules-from = басы
rules-to = соңы
rules-span-add = Сағат қосу
rules-span-away = Бұл сағаттарды алып тастау
rules-save = Сақтау
rules-back = Артқа
rules-leave = Шығу
rules-leave-sure = Өзгерістерден бас тарту
rules-would-be-lost = Сызылғаны сақталмады
rules-remove = Жою
rules-remove-sure = Анық жою
rules-corner = { $number }-төбе
rules-end = Сызықтың { $number }-ұшы
rules-edge = { $number }-төбеден кейін төбе қосу
rules-whole-zone = Бүкіл аймақ
rules-whole-line = Бүкіл сызық
rules-changed-elsewhere = Осы кезде бұл ережені басқа біреу өзгертті. Өз нұсқаңызбен алмастыру үшін қайталаңыз.
rules-not-of-the-store = Бұл ережені мұнда жоюға болмайды; оны өшіріңіз
rules-no-store = Ереже сақталмады: бұл орынның қоймасы жоқ

# Alarms.
alarms-title = Дабылдар: { $count }
alarms-queue = Кезек
alarms-asked = Сұралғандар
alarms-history = Тарих
alarms-figures = Көрсеткіштер
alarms-aside = Шеттетілген
alarms-none = Жауап күтетін дабыл жоқ.
alarms-none-asked = Ешкім күмәнданған жоқ.
alarms-none-found = Мұндай дабыл табылмады.
alarms-none-week = Бұл аптада дабыл болған жоқ.
alarms-put-aside = Шеттетілген: дыбыссыз, бірақ жазылады
alarms-together = { $count } бірге
alarms-of-centre = { $centre } орталығынан
alarms-chatter = тым жиі қайталанады
alarms-stale = бір тәуліктен артық
alarms-flood = Дабыл тасқыны: он минутта { $count }. Орны мен түрі бірдейлері біріктірілді; өте маңыздылары жеке.
alarms-not-kept = Әлі сақталмады: { $class } { $camera } ({ $count })
alarms-not-kept-more = Бұдан басқа әлі сақталмағаны: { $count }
alarms-no-sound = ДЫБЫС ЖОҚ: { $since } бастап дабыл естілмейді. { $why }
alarms-find = Іздеу: камера, орын, нөмір, сөз
alarms-class = Түрі
alarms-verdict = Шешім
alarms-ten-minutes = Соңғы он минутта
alarms-hour = Соңғы сағатта
alarms-flood-share = Тасқын уақытының үлесі (12 сағат)
alarms-stale-count = Бір тәуліктен артық ашық
alarms-percent = { $value } %
alarms-band-acceptable = Бір операторға қалыпты жүктеме.
alarms-band-manageable = Бір оператор әлі үлгереді.
alarms-band-too-many = Бір операторға тым көп.
alarms-limits = Сағатына { $acceptable } дейін қалыпты, { $manageable } дейін үлгеруге болады; он минутта { $flood } және одан көбі — тасқын.
alarms-in-memory = Жадтағы ағындар
alarms-in-memory-held = { $cap } МиБ-тың { $held } МиБ-ы · { $streams } ағын, әрқайсысы кемінде { $seconds } с
alarms-test-sounds = Дыбыстарды тексеру (ауысым басында)
alarms-noisiest = Аптаның ең көп дабыл бергендері
alarm-unacknowledged = жауап күтеді
alarm-returned = себебі жойылды, ешкім көрмеген
alarm-acknowledged = қабылданды
alarm-latched = шешім күтеді
alarm-ended = аяқталды
alarm-shelved = сөреде
alarm-planned = жоспарлы сабақ
alarm-out-of-service = қызметтен шығарылған
alarm-acknowledge = Қабылдау
alarm-take-over = Өзіме алу
alarm-pass = Беру
alarm-pass-to = Кімге беріледі?
alarm-passed-to = Берілді: { $to }
alarm-shelve = Сөреге қою
alarm-shelve-why = { $minutes } минутқа не себепті шеттетіледі?
alarm-reject-why = Неге қабылданбайды?
alarm-leave = Қайту
alarm-recording = Жазба
alarm-recorded = ЖАЗБА { $from } – { $to }
alarm-not-recorded = Жазба сақталмады: { $why }
alarm-recorded-as-it-came = Ағын сол күйінде сақталды: одан жазба құрастыру мүмкін болмады
alarm-crop = { $at } байқалған нәрсе
alarm-near = Көрші камера
alarm-times = { $count } рет, соңғысы { $last }
alarm-precision = Осы камерада соңғы { $settled } ішінен { $right } рас
alarm-two-answers = Екі адам бөлек жауап береді; бағасы мен бірінші жауап көрсетілмейді.
alarms-elsewhere = Басқа орталықтарда: мұнда көрінеді, дыбыссыз
across-of = Бұл дабыл { $centre } орталығынікі.
across-who-may = Оны аға инспектор сұрай алады.
across-ask = Сұрау
across-withdraw = Сұранысты қайтарып алу
across-take = Өзіме алу
across-grant = Сол орталыққа беру
across-keep = Өзінде қалдыру
across-recall = Қайтарып алу
across-give-back = Қайтару
across-ask-why = Неге қабылдау керек?
across-wants = { $centre } ({ $seat }) оны сұрайды: { $reason }
across-asked = { $at } сұралды, { $centre } әлі жауап берген жоқ
across-may-take = { $centre } оны қабылдай алады
across-granted = { $centre } оны осында береді
across-has = { $centre } ({ $seat }) орталығында, { $at } бастап
across-from = { $centre } орталығынан { $at } қабылданды
across-gave-back = { $centre } оны { $at } қайтарды
across-given-back = { $centre } орталығына { $at } қайтарылды
across-recalled = { $centre } оны қайтарып алды
across-recalled-here = { $centre } орталығынан қайтарып алынды
across-kept-here = { $centre } орталығына берілмеді
across-kept-there = { $centre } оны өзінде қалдырады
ask-near = Біздің жасақ жақынырақ
ask-comes-here = Біздің аумаққа бет алды
ask-same-matter = Біздің іске қатысты
ask-by-telephone = Телефонмен келісілді
alarm-refused-taken = Мұны басқа біреу қабылдаған.
alarm-refused-verdict = Бұл түрде мұндай шешім жоқ.
alarm-refused-two-answers = Беру үшін екі адам бөлек бірдей жауап беруі керек.
alarm-refused-same-person = Екінші жауапты басқа адам береді.
alarm-refused-reason = Себебін көрсетіңіз.
alarm-refused-critical = Өте маңызды дабыл сөреге қойылмайды.
alarm-refused-too-long = Мұндай уақытқа болмайды.
alarm-refused-over = Ол аяқталған.
alarm-refused-elsewhere = Ол басқа орталыққа тиесілі.
verdict-real = Рас
verdict-no-threat = Қауіп жоқ
verdict-training-aid = Оқу құралы
verdict-unsure = Білмеймін, сұраймын
priority-critical = Өте маңызды
priority-high = Жоғары
priority-medium = Орташа
priority-low = Төмен
pass-duty-unit = Кезекші бөлімге
pass-traffic-police = Жол полициясына
pass-probation = Пробация қызметіне
pass-site = Нысанның жауапты адамына
reason-works = Жөндеу жұмыстары
reason-known = Себебі белгілі
reason-wrong = Қате байқалған
reason-weather = Ауа райы
aside-shelves = Сөреде
aside-lessons = Жоспарлы сабақтар
aside-out-of-service = Қызметтен шығарылған
aside-none = Жоқ.
aside-end = Қайтару
aside-cancel = Болдырмау
aside-plan = Сабақты жоспарлау
aside-plan-for = Жаңа сабақ, камера: { $camera }
aside-begins = Басталуы
aside-lasts = Ұзақтығы
aside-now = қазір
aside-in-minutes = { $minutes } минуттан кейін
aside-minutes = { $minutes } мин
aside-reason = Себебі: сынып, мұғалім
aside-take-out = Қызметтен шығару: { $class }, { $place }
status-alarms = Дабылдар: { $count }
status-no-sound = ДЫБЫС ЖОҚ
command-alarms = Дабылдар
command-first-alarm = Бірінші кезектегі дабыл
act-alarm-raised = Дабыл көтерілді
act-alarm-repeated = Дабыл қайталанды
act-alarm-returned = Дабыл себебі жойылды
act-alarm-acknowledged = Дабыл қабылданды
act-alarm-judged = Дабыл бойынша шешім
act-alarm-passed = Дабыл берілді
act-alarm-taken-over = Дабыл басқаға өтті
act-alarm-span-kept = Дабыл жазбасы сақталды
act-alarm-shelved = Дабыл сөреге қойылды
act-alarm-unshelved = Дабыл сөреден алынды
act-lesson-planned = Сабақ жоспарланды
act-lesson-cancelled = Сабақ болдырылмады
act-alarms-out-of-service = Дабылдар қызметтен шығарылды
act-alarms-in-service = Дабылдар қызметке қайтарылды
act-event-kept = Оқиға жазылды
act-sound-tested = Дыбыс тексерілді

## Сырттан келген оқиғалар
outside-remark-future = Дереккөздің сағаты { $seconds } с алда; келген уақытымен алынды
outside-remark-late = { $seconds } с кешігіп хабарланды
outside-remark-ancient = { $seconds } с кешігіп хабарланды: дабылсыз сақталды
outside-remark-unknown-camera = Дереккөз мұнда белгісіз камераны атайды: { $camera }
outside-remark-no-fix = Дереккөз координаттарды хабарламады
outside-remark-neutralised = Мәтіндегі жасырын таңбалар ауыстырылды
outside-remark-still-lost = Суретін жазу мүмкін болмады; оқиға онсыз сақталды

# qyran probe: камераның жауаптары және рұқсат етілген ауытқулар
probe-head = { $host } ({ $scheme })
probe-password = Құпиясөз:
probe-connected = { $peer } мекенжайымен байланыс орнатылды
probe-certificate = Сертификат, SHA-256: { $fingerprint }
probe-answered = { $method }: { $ms } мс кейін { $status }
probe-video = Бейне
probe-audio = Дыбыс
probe-loudspeaker = Динамик
probe-other = Басқа деректер
probe-offered = { $medium }: { $codec }
probe-offered-unknown = { $medium }: { $codec } (қолдау көрсетілмейді)
probe-overlooked = Рұқсат етілді: { $what }
probe-overlooked-often = Рұқсат етілді, { $count } ×: { $what }
probe-no-stream = Ағын жоқ: { $reason }
probe-stream = Ағын: { $codec }, { $size }, { $transport } арқылы
probe-rate = Жиілік: секундына { $rate } кадр (мәлімделгені: { $told }), { $kbit } кбит/с
probe-keyframes = Негізгі кадрлар: { $count }, біріншісі { $first }, арасы ең көбі { $group } кадр
probe-pictures = Декодталды: { $count }, оның ішінде бұзылғаны: { $disturbed }, біріншісі { $first }; декодер: { $decoder }
probe-after = { $seconds } с кейін
probe-never = келген жоқ
probe-not-told = көрсетілмеген
probe-loss = Жоғалған пакеттер: { $lost }, уақыт секірулері: { $jumps }
probe-clock = Камера сағаты осы компьютерден { $seconds } с алда
probe-no-clock = Камера сағаты: көрсетілмеген
probe-undecodable = Декодердің хабары: { $error }
probe-written = Есеп { $file } файлына жазылды
probe-shows-live = Qyran бұл камераны тікелей эфирде көрсетеді
probe-shows-disturbed = Qyran бұл камераны көрсетіп, кескінді бұзылған деп белгілейді
probe-shows-waiting = Qyran негізгі кадрды күтеді; ұзағырақ тексеріп көріңіз (--seconds)
probe-shows-breaks = Qyran бұл камераны үзілістермен көрсетеді
probe-shows-nothing = Qyran бұл камераны көрсете алмайды
leniency-resynchronised = хабарламалар арасындағы артық байттар
leniency-odd-head = хабарлама тақырыптары стандартқа сай емес
leniency-other-cseq = нөмірі қате жауаптар
leniency-body-length = хабарлама денесінің ұзындығы қате
leniency-odd-sdp = ағын сипаттамасы (SDP) стандартқа сай емес
leniency-guessed-codec = кодек аталмаған, параметрлері бойынша танылды
leniency-other-control = ағын көрсетілгеннен басқа мекенжайда табылды
leniency-odd-transport = тасымалдау тәсілі туралы жауап стандартқа сай емес
leniency-no-session = сеанс нөмірі жоқ
leniency-other-transport = басқа тасымалдау тәсілі қолданылды
leniency-keepalive-refused = сеансты ұстап тұру сұраулары қабылданбады немесе жауапсыз қалды
leniency-new-challenge = қайталанған кіру сұраулары
leniency-new-connection = жаңа байланыс қажет болды
leniency-server-request = камераның өз сұраулары
leniency-strange-channel = келісілмеген арналардағы пакеттер
leniency-strange-sender = бөгде жіберушілердің пакеттері
leniency-bad-packet = бүлінген пакеттер
leniency-other-payload-type = көрсетілгеннен басқа дерек түрі
leniency-other-ssrc = жіберуші нөмірі өзгереді
leniency-odd-sequence = пакет нөмірлері ретімен келмейді
leniency-odd-time = ағын уақытының секірулері
leniency-bad-report = жіберушінің бүлінген есептері
leniency-odd-mark = кадр соңдары қате белгіленген
leniency-start-codes = пакет ішіндегі бастау кодтары
leniency-odd-fragment = фрагменттер стандартқа сай емес
leniency-odd-parameter-sets = сипаттамадағы параметрлер жинағы жарамсыз
leniency-odd-jpeg = JPEG тақырыптары стандартқа сай емес
leniency-odd-audio = дыбыс сипаттамасы толық емес
leniency-too-large = шектен асқан деректер тасталды

# qyran certificates
certificates-none = Сақталған сертификаттар жоқ
certificates-forgotten = { $host }: сертификат өшірілді, келесісі қабылданады
certificates-unknown = { $host }: сертификат сақталмаған
card-overlooked = Рұқсат етілді
leniency-connection-closed = пакеттер келіп жатқанда басқару байланысын жабады
leniency-play-unanswered = ойнатудың басталуы расталмайды
