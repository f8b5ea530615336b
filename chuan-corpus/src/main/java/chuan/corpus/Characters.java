package chuan.corpus;

/// Questions about characters that several stages ask.
final class Characters {
    private Characters() {}

    /// Characters that occur in traditional but not in simplified Chinese, the frequent ones:
    /// enough to tell a line, not to convert it.
    private static final String TRADITIONAL =
            "們個這來時說國過學後會對發開動長見現聽書車東門問間無樣頭點電話語讀寫買賣錢經總應還從當與為麼沒於讓"
                    + "實歡樂觀覺認識誰請謝談論證護議譯計訓記許設試該詳誤調諸謂謹費資質購貴貝員圓園圖團塊壞報場處備"
                    + "復夠夢奪婦媽孫寧審層屆屬島師帶幫幾廠廣張強彈歸錄徑徹恆戰戶據擁擇擊擔擴擾撐攝敗敵數斷舊暫條楊"
                    + "業極構槍標樹橋機檢歐歲歷殺毀氣決況滅滿漁漢潔濟潛災煙熱燈營爭爺牆狀獨獲環產畫異療盡監盤眾睜礦"
                    + "碼禮稱種積穩窮窩竊筆節範築簡籃紅約級紙組細終結給絡絕統絲綠維網緊線練縣縮織繼續罰罷義習聖聲職聯"
                    + "聰肅膚臉臨舉艦艱藝藥蘇蘭號虧蟲補裝製複覽觸訂討託訪詞詩誌誇課諾豐豬貓財責販貨貪貧賊賀賓賞賠賴趕"
                    + "趙跡踐躍軍軟較載輕輛輪輯輸轉辦農遊運達違遠適遲選遺鄉鄰醫醬釋針鋼鐘鐵鑽閃閉閱陣陰陸陽際隊隨險隱"
                    + "雙雜離難雲靈靜韓頂項順須預領頻題額顏願類顧風飛飯飲飾館馬駐駛騎騙驗驚髮鬆鬧魚鮮鳥鳴鹹麗麥黃齊齒"
                    + "龍愛變邊嗎嗚嘗喚喪單嘆嚴嚇擺攔歎湯瑪灣瘋痠隻葉萬蓋蔣藍莊華薦薩衛衝親訴診詢誠誰諒講賬賭"
                    + "鎮鎖鏡鐲錯鍋鍵鈴銀銅銷釣閒闆陳階雖雞霧響頸顆颱餓餘餅饒駕驕鬥鴨鵝櫃櫻權殘毆氫滾淚淨溫澆濕"
                    + "裡顯僅價億優儘兩協參吳呂喬墻壓壯壽夾奮姦娛岡峽嶺幣幹彎彙恥悅慶慮憂懷懶憐戀戲撲撿撥揮損搶搖擠攤攪"
                    + "敘斬晝暈曬柵棄棧樓檔汙洩涼淺淵湧滯漲潑潤濃濱濾瀏灘爐牽猶獅獎獸瑣瘡盜盧碩禍禦禿穀窯窺競籌籠糧糾紀"
                    + "紹紛純紗納紐絆絞綁綜綱綺綽編緣緩締緬縫繞繩纖纏罵羅羨翹脈脫腦腳腫腸膠膽膩舖莖葷蒼蓮蔥蕩蕭薑蘋蝕蝦"
                    + "螞蠅蠟衆裏褲襪襯規視訝詐誘誼諮諧諱謀謊謎謙譽譜貶貼貿賄賤賦贈贊贏趨踴蹤軌軸輔輝輩轟辭遞遙遷遼郵鄭"
                    + "醜鈔鈕鉛銳鋪鋸錘錦鍛鏽鑰閣關闖闡頁頃頓頗頰飄飼飽餃餡饑馳駁騷髒鬍魯鯨鴿鶴麵黨";

    private static final java.util.BitSet TRADITIONAL_SET = new java.util.BitSet(0x10000);

    static {
        TRADITIONAL.chars().forEach(TRADITIONAL_SET::set);
    }

    static boolean isHan(int c) {
        return (c >= 0x4E00 && c <= 0x9FFF)
                || (c >= 0x3400 && c <= 0x4DBF)
                || (c >= 0xF900 && c <= 0xFAFF)
                || (c >= 0x20000 && c <= 0x323AF);
    }

    static boolean isTraditional(int c) {
        return TRADITIONAL_SET.get(c);
    }

    /// A place where a glyph got lost: private use, the replacement character, the white square.
    static boolean isBroken(int c) {
        return (c >= 0xE000 && c <= 0xF8FF) || c == 0xFFFD || c == 0x25A1 || c >= 0xF0000;
    }

    static boolean endsSentence(int c) {
        return "。！？；：…”’」』）.!?;:\"')".indexOf(c) >= 0;
    }

    static int countHan(String text) {
        return (int) text.codePoints().filter(Characters::isHan).count();
    }

    static int countLatin(String text) {
        return (int) text.chars().filter(c -> c < 0x250 && Character.isLetter(c)).count();
    }
}
