BEGIN TRANSACTION;
CREATE TABLE agenda (
	"key" TEXT NOT NULL, 
	class SMALLINT NOT NULL, 
	due_at DATETIME, 
	not_before DOUBLE, 
	woken BIGINT NOT NULL, 
	tries INTEGER NOT NULL, 
	token TEXT, 
	leased_until DOUBLE, 
	parked TEXT, 
	PRIMARY KEY ("key")
);
INSERT INTO "agenda" VALUES('job identity',0,'2026-01-19 15:00:00.000000',NULL,1,0,NULL,NULL,NULL);
INSERT INTO "agenda" VALUES('job catch_up',0,'2026-01-15 15:00:00.000000',NULL,1,0,NULL,NULL,NULL);
INSERT INTO "agenda" VALUES('job nightly',0,'2026-01-19 15:00:00.000000',NULL,1,0,NULL,NULL,NULL);
INSERT INTO "agenda" VALUES('job everything',0,NULL,NULL,1,0,NULL,NULL,NULL);
INSERT INTO "agenda" VALUES('job prune',0,'2026-01-15 15:00:00.000000',NULL,1,0,NULL,NULL,NULL);
INSERT INTO "agenda" VALUES('issue 10001',1,'2026-01-15 14:00:00.000000',NULL,38,0,NULL,NULL,NULL);
INSERT INTO "agenda" VALUES('issue 10021',0,NULL,NULL,1,0,NULL,NULL,NULL);
INSERT INTO "agenda" VALUES('issue 10030',1,NULL,NULL,6,0,NULL,NULL,NULL);
INSERT INTO "agenda" VALUES('issue 10034',1,'2026-01-14 18:35:00.000000',NULL,16,0,NULL,NULL,NULL);
INSERT INTO "agenda" VALUES('issue 10046',0,NULL,NULL,7,0,NULL,NULL,NULL);
INSERT INTO "agenda" VALUES('issue 10053',0,'2026-01-09 21:35:00.000000',1.79560128987137055398e+09,4,10,NULL,NULL,'10 looks failed: ZeroDivisionError');
INSERT INTO "agenda" VALUES('issue 10067',0,'2026-01-14 16:00:00.000000',1.79560129185821700098e+09,2,0,NULL,NULL,NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE deliveries (
	identifier TEXT NOT NULL, 
	event TEXT NOT NULL, 
	issue_id TEXT, 
	author_id TEXT, 
	size INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	received_at DATETIME NOT NULL, 
	received DOUBLE NOT NULL, 
	PRIMARY KEY (identifier)
);
INSERT INTO "deliveries" VALUES('e4f9ad9dd80240c7aed6247874f62b46','jira:issue_created','10001','qm:7d0c2b54:carla',2352,'4987f52707bdd1a08109cdab1cba53094fb7a04253f1edef23da19210eaceef3','2026-01-05 15:00:00.000000',1.79560053946298170089e+09);
INSERT INTO "deliveries" VALUES('60555598bc9544abb533a3a0801a5b00','comment_created','10001','712020:bot',2316,'8e92e4b63282e5ac15ef9f069e868b71ba64aa43c40cd20a40da22bcd7c6bb1f','2026-01-05 15:00:00.000000',1.79560053948757767676e+09);
INSERT INTO "deliveries" VALUES('c7fde4dc328c470ab4d072385ea1e7f6','jira:issue_updated','10001','712020:bot',3713,'44e9034f89c0332138ec2257fc08819463d51b97900afff4573a896267acebb8','2026-01-05 15:00:00.000000',1.79560053949409341813e+09);
INSERT INTO "deliveries" VALUES('ed417e6b70454451ac9dcc1e0bfd831c','jira:issue_updated','10001','712020:bot',3731,'8fafd6adc8a19415b67faa85930a24f127b9d3c403dbb0b1984e95c62bf9ce7e','2026-01-05 15:00:00.000000',1.79560053950267505644e+09);
INSERT INTO "deliveries" VALUES('a693aba28f7a405c8acad711dc95f29a','jira:issue_updated','10001','712020:bot',3713,'a94c6af1557c224e785845962c1fd1c37806f1d51907116b64a0649dc6ece170','2026-01-05 15:00:00.000000',1.79560053951616477967e+09);
INSERT INTO "deliveries" VALUES('10777e060aa941f4b8b199395bbca02d','comment_created','10001','qm:7d0c2b54:carla',1688,'6d488f6db13fa7d78122d6ba5b264c3aed5fa69c67ed3ae8c79f48e213d56b64','2026-01-06 16:00:00.000000',1.79560053954834365841e+09);
INSERT INTO "deliveries" VALUES('31d5736bf0bc48c7959687aeac4cbc47','jira:issue_updated','10001','712020:bot',4444,'a91cf5133964aba658aaf63c0355e2be74dce622f29bc946f183c06fa21688b4','2026-01-06 16:00:00.000000',1.79560053956454205507e+09);
INSERT INTO "deliveries" VALUES('80484acdfef54433bc1e3e2cd23e7ee4','comment_created','10001','712020:bot',2367,'578c7e13575d549ef3d41a7d39f926a947e14b866d5bb39c5b6e21ed2da437ed','2026-01-06 16:00:00.000000',1.795600539587271452e+09);
INSERT INTO "deliveries" VALUES('5322e52eac8e4c6f813d6390410644dc','jira:issue_updated','10001','712020:bot',7148,'20c31be133a0d26435ad342e33a6408eb05b8c91bd50d59d039b00bcc96a52e1','2026-01-06 16:00:00.000000',1.79560053959310317035e+09);
INSERT INTO "deliveries" VALUES('34d58ca6be4f4d00b92bf47611901e17','jira:issue_updated','10001','712020:hanna',3657,'378c1a2cbbf9715cea03c1c4a2f047f7895f6208be1cf68380858876aad2934d','2026-01-07 16:00:00.000000',1.79560053962811470027e+09);
INSERT INTO "deliveries" VALUES('fcaddc132a64457d8cbec0075e2e484d','comment_created','10001','712020:bot',2221,'a15d2b4fd67f3d18dc30de19f29e3b6a40373d26ae07c508889e60105599b51f','2026-01-07 16:00:00.000000',1.79560053964518260951e+09);
INSERT INTO "deliveries" VALUES('8f8d2ef8c4ec475fa513c90748aa3f97','jira:issue_updated','10001','712020:bot',8391,'83c4d96018b9c8cc972e4226c6cbf040f9ae7df7a39d22a8f251419849e42884','2026-01-07 16:00:00.000000',1.7956005396518256664e+09);
INSERT INTO "deliveries" VALUES('96841f7b4c4142ea8660761338d762b1','comment_created','10001','qm:7d0c2b54:carla',1683,'39e13ec69f721c909769db3a8b541d94ece8317862e56e857a82ee1468d7241e','2026-01-08 21:30:00.000000',1.79560053968602609635e+09);
INSERT INTO "deliveries" VALUES('fbc5350dce414e4dbf59ea0af4787a7d','jira:issue_updated','10001','712020:bot',3627,'f210ad7eb9ea734bdc42c6bce48ec44e6732e7f43b1a80bc280bfcb40d2f349a','2026-01-08 21:30:00.000000',1.79560062973176836967e+09);
INSERT INTO "deliveries" VALUES('5bd8b362772948df9f7497c3f7ae01f4','jira:issue_updated','10001','712020:bot',9115,'2113e97638c78b9f4da2ea63c134a67a681e4a873c71e8e9da48e8f8c6bc7026','2026-01-08 21:30:00.000000',1.79560062974317073821e+09);
INSERT INTO "deliveries" VALUES('b08aea27a2df4a61b94f659906ae37a6','comment_created','10001','712020:bot',1973,'e84f314bc4c57ae95b93e2c5cf40f38a8adf9032ba7d35e5185312daba495217','2026-01-08 21:30:00.000000',1.79560062977209329605e+09);
INSERT INTO "deliveries" VALUES('f39b74551602420d9276ac19722633fe','jira:issue_updated','10001','712020:bot',10780,'29c234c38c8d2c77c3cdb9f932184eaee55e39691821f9d27941d3ed0e3d4a49','2026-01-08 21:30:00.000000',1.79560062977956295016e+09);
INSERT INTO "deliveries" VALUES('d8d1b2eaf15349668182c502f88bbd57','comment_created','10021','712020:hanna',1711,'f204a3480aebee98185f4cc6b58f3db5b5c0d34d2af2adf69ddf0230bd6ad0af','2026-01-09 21:30:00.000000',1.79560062983655762671e+09);
INSERT INTO "deliveries" VALUES('af336dcce4ad4826901d950520a1e787','jira:issue_updated','10001','712020:hanna',4959,'8ebc3fe965e2865414e69c6f7f61d0bb18d6e4f9a4b7395e87ccbbe5168fb865','2026-01-09 21:30:00.000000',1.79560062986596894263e+09);
INSERT INTO "deliveries" VALUES('d4ca7e1eb93b4223890ea06a99741942','jira:issue_updated','10001','712020:bot',10777,'636f4f59189fe5bcd3e9f106d51bbffe44ddf9138dec15bf96403d0353d4f112','2026-01-09 21:30:00.000000',1.7956006298861784935e+09);
INSERT INTO "deliveries" VALUES('2579e40d740e433f9bdcfc665265c650','jira:issue_updated','10001','712020:bot',10790,'50e3b59840dd67ef85c5bb4a99f8ae7e4f5312a0e753c714ceb8da62cdf27528','2026-01-09 21:30:00.000000',1.79560062989513015744e+09);
INSERT INTO "deliveries" VALUES('c3642d0b4ab447c9b7602d9aed0ddee2','comment_created','10001','712020:bot',2211,'81a2944c2740b00e66f0afee7466af49c2546e57d05b791dff96990b13c8d3ed','2026-01-09 21:30:00.000000',1.79560062992182707785e+09);
INSERT INTO "deliveries" VALUES('4b6d77a4d6824221a2e3b01de96fe07d','jira:issue_created','10030','qm:7d0c2b54:carla',2355,'e7724516977a488e40bee5432428bd06a1fda40344ca1073b3384673c395c449','2026-01-09 21:30:00.000000',1.79560062995177245137e+09);
INSERT INTO "deliveries" VALUES('073467c8d4b74c8a8cb1c333a5d04ad4','jira:issue_updated','10030','712020:bot',2358,'8d4e56adcaa9fce993ceff461daf25bb95597ba0069cf61c92bc58a158528718','2026-01-09 21:30:00.000000',1.79560062997929835316e+09);
INSERT INTO "deliveries" VALUES('fa259736a5644e4aa6277a24ba84b696','comment_created','10030','712020:bot',2028,'66887039671fab16af6f4096db43cc78ab6360b8586d46c16708dfde331b77cb','2026-01-09 21:30:00.000000',1.79560063000225448607e+09);
INSERT INTO "deliveries" VALUES('4db47b898a4648a682fc45b8e649fe2a','jira:issue_created','10034','qm:7d0c2b54:carla',2355,'3d739161cb43867127540ee4dc820a69fa123b02d27478dca26540b1d3183224','2026-01-09 21:30:00.000000',1.79560063002573347089e+09);
INSERT INTO "deliveries" VALUES('5d920e35932f45cc947c2569f7bd00dc','comment_created','10034','712020:bot',2322,'fcfb1c8d417e260cef3513c9048fbd0e2051f8df75d129000dc8e791bab548d3','2026-01-09 21:30:00.000000',1.79560063004797172553e+09);
INSERT INTO "deliveries" VALUES('9575fc07badb4c7d812b49be8f4a506b','jira:issue_updated','10034','712020:bot',3719,'3a47d6defa7cafe8ce56f78708efe896cc6d90dd6d6516537b486c2e6c8b3782','2026-01-09 21:30:00.000000',1.79560063005602645871e+09);
INSERT INTO "deliveries" VALUES('5dbdb94a03bf4dafb62410aa56fe7209','jira:issue_updated','10034','712020:bot',3737,'c41c70c649945d84eb0082501716d2d37c021ba0139639b29c87b89197387871','2026-01-09 21:30:00.000000',1.79560063006728529927e+09);
INSERT INTO "deliveries" VALUES('89792d04011046d7822e11197d87739a','jira:issue_updated','10034','712020:bot',3719,'4e84d38f1535e6bbf7b2d815b555a38ec5b68e9379004472f536dc0d44066738','2026-01-09 21:30:00.000000',1.79560063008502101894e+09);
INSERT INTO "deliveries" VALUES('080d9c518fe24466832c7472b775ffdb','jira:issue_updated','10034','712020:hanna',3737,'459cc67bf930acc01ac1f74dc61d64dec9545a22ca6ab00612b7db76a133f60f','2026-01-09 21:35:00.000000',1.79560063018223786354e+09);
INSERT INTO "deliveries" VALUES('00970b3e26d6472da64ca5cbb180456b','jira:issue_updated','10034','712020:hanna',3732,'3aab868c6470f52718311fb8118509b1942c2f616145a0b938a558924968af93','2026-01-09 21:35:00.000000',1.79560063018481040003e+09);
INSERT INTO "deliveries" VALUES('523fb119616e4feaae63b5a98f355861','comment_created','10034','712020:bot',1981,'7d19d9f74403ccd70095a58c592c335301d2a73fb81715c18e461f3c4528584d','2026-01-09 21:35:00.000000',1.79560063021791887277e+09);
INSERT INTO "deliveries" VALUES('62de82b94a1d47bc81c66e3200aae58b','jira:issue_updated','10034','712020:bot',5402,'b43e3b204fb87869f23dbb44960926caf69220255bd127470c3f61f09e96112c','2026-01-09 21:35:00.000000',1.79560063023059821125e+09);
INSERT INTO "deliveries" VALUES('919353d479084b1f8e82ec8f6f20a579','jira:issue_created','10046','qm:7d0c2b54:carla',2352,'f674e8d376bdfd2e4b4d08f19314f297c5915014589ff496066b8a1ca95f7c15','2026-01-09 21:35:00.000000',1.79560063026327371591e+09);
INSERT INTO "deliveries" VALUES('3722a98fba6a43a99ec6ec5fc6492b6f','comment_created','10046','712020:bot',2316,'f8b662e3195b2536dee332adac9efe7a013b300b04e0cf3d669942bb00e559d8','2026-01-09 21:35:00.000000',1.79560063028806471819e+09);
INSERT INTO "deliveries" VALUES('0c28a619588647328439c7ad5ae4297c','jira:issue_updated','10046','712020:bot',3713,'e530d8af4eec1c98412cc0eb2d02364e5cd40f160f1374eba3002bd9d9de4440','2026-01-09 21:35:00.000000',1.79560063029784178732e+09);
INSERT INTO "deliveries" VALUES('68878c66b2c7474ba5a548cc549a4637','jira:issue_updated','10046','712020:bot',3731,'5120fff25c7882775e6913c9043a69a258f3a30a9ab6209325b5d915ecd69a48','2026-01-09 21:35:00.000000',1.79560063030797219273e+09);
INSERT INTO "deliveries" VALUES('aa9f91e5554d4cecb81e9174cfc9dfd6','jira:issue_updated','10046','712020:bot',3713,'69146043c5ff8407a44742761c57c54f3e933b2c0d8bb0363a592f54a2f03960','2026-01-09 21:35:00.000000',1.79560063032457494737e+09);
INSERT INTO "deliveries" VALUES('79f4e2c5c3b04da7a385cc4c4b93a9d4','jira:issue_updated','10046','712020:hanna',3858,'2b6434db0aa2673a3fe235b910d38515c8830d80abd645007d416864668683a5','2026-01-09 21:35:00.000000',1.7956006303440790176e+09);
INSERT INTO "deliveries" VALUES('601865308cfb4729b27aa907e1ea3706','jira:issue_created','10053','qm:7d0c2b54:carla',2356,'994e8a4027ae5142d9abacaaa78d48d90b1bcb3776f8760495218896909d3f77','2026-01-09 21:35:00.000000',1.79560063049307036403e+09);
INSERT INTO "deliveries" VALUES('f38e9e48daeb41e081633d82412bb456','comment_created','10001','qm:7d0c2b54:carla',1686,'6462b73fbd8d49e66c73c23b406aa1f25d1430b0246fcd6b4053ee45162a3ab1','2026-01-12 16:00:00.000000',1.79560129003100562095e+09);
INSERT INTO "deliveries" VALUES('da092afb1ae1480eb187964200125287','jira:issue_updated','10001','712020:bot',12750,'fc41855a23182e4acac678fcdbfbac4cfaee5e6cd5bad7203db7e4dde8b4125c','2026-01-12 16:00:00.000000',1.79560129005624866485e+09);
INSERT INTO "deliveries" VALUES('a2974db01bd54035a5487fba9668b279','comment_created','10001','712020:bot',1986,'0d1b79f5205e89ef4cce115cf18826b29204072ed91f4cd6643f3b3918026ee3','2026-01-12 16:00:00.000000',1.79560129007831144332e+09);
INSERT INTO "deliveries" VALUES('bfe7da415b574b42849c544807a3b564','jira:issue_updated','10001','712020:bot',14426,'cd77a6b517c122eca6e6d7749181b643f6cc878504fe43c728ef98af1f617649','2026-01-12 16:00:00.000000',1.79560129008717775343e+09);
INSERT INTO "deliveries" VALUES('764cd690ea634d3b9c1bb9debf6b2d6c','comment_created','10034','712020:bot',2077,'2b5004f0c96e6db6728b80eed4a32289a4dcb915b7001874195c259828fd2b0b','2026-01-13 12:00:00.000000',1.79560129018408155439e+09);
INSERT INTO "deliveries" VALUES('cc2b46f202b54fbdb87cf4380226ebf7','jira:issue_updated','10034','712020:bot',6536,'a05193485a488cc790d04afbb8287602f0097f745260e77a7352f9b684c1f5d3','2026-01-13 12:00:00.000000',1.79560129019777321808e+09);
INSERT INTO "deliveries" VALUES('aa07b7b9e603481f926c99b41a01b720','comment_created','10001','712020:bot',2071,'0466ed5520d229249eb0da663a25f033bd196a52d181c5b935634529bc1b8196','2026-01-13 12:00:00.000000',1.7956012902131786346e+09);
INSERT INTO "deliveries" VALUES('c114bec880f941f288d66906f210f4ef','jira:issue_updated','10001','712020:bot',15558,'131b43edd94dee17b91c77ad61688f932367deaa05c596da89cd263ad1bc4c4c','2026-01-13 12:00:00.000000',1.79560129023064732551e+09);
INSERT INTO "deliveries" VALUES('815b7a280a5d4965a45a2c2bede19f11','comment_created','10001','712020:hanna',1706,'c5888ac375f8018cdffb465105fd654f31c34449c9634742805da002ce1e113d','2026-01-13 12:00:00.000000',1.79560129025296854972e+09);
INSERT INTO "deliveries" VALUES('991f777f9d374863b0f891a3d539581b','comment_created','10001','712020:bot',1843,'c121b3b0a916c1521bcfe57684f60a96543c669f204a3d85f38b7874c3944536','2026-01-13 12:00:00.000000',1.79560129027968955043e+09);
INSERT INTO "deliveries" VALUES('0a0673233ffd42648614b1ebd82ace1f','jira:issue_created','10067','qm:7d0c2b54:carla',2355,'60c0aa5c963e30146e6508bc758899329aaa360f2c2e6a7ac8226046c3e8d4f4','2026-01-14 16:00:00.000000',1.79560129038561630248e+09);
INSERT INTO "deliveries" VALUES('ab37098214644f54bcd3bcba24f374ee','comment_created','10067','712020:bot',2321,'413abe629af0b85ed93616ab3f635185af00731375a9ef77c1c4d0f8939f2a2c','2026-01-14 16:00:00.000000',1.79560129040617275238e+09);
CREATE TABLE effects (
	issue_id TEXT NOT NULL, 
	effect_id TEXT NOT NULL, 
	state TEXT NOT NULL, 
	ref TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (issue_id, effect_id)
);
INSERT INTO "effects" VALUES('10001','10001:created:say','done','10003','','2026-01-05 15:00:00.000000');
INSERT INTO "effects" VALUES('10001','10001:created:move','done','-','','2026-01-05 15:00:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10005:move','done','-','','2026-01-06 16:00:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10008:subtask:folder','done','10009','','2026-01-06 16:00:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10008:subtask:files','done','10011','','2026-01-06 16:00:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10008:say','done','10013','','2026-01-06 16:00:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10008:told:1767895200:folder:say','done','10013','','2026-01-06 16:00:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10008:say:folder:1767801600','done','10016','','2026-01-07 16:00:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10008:close:files:c10018','done','10011','','2026-01-08 21:30:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10008:move','done','-','','2026-01-08 21:30:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10020:subtask:review','done','10021','','2026-01-08 21:30:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10020:say','done','10023','','2026-01-08 21:30:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10020:told:1768314600:step:say','done','10023','','2026-01-08 21:30:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10020:move','done','-','','2026-01-09 21:30:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10028:say','done','10029','','2026-01-09 21:30:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10028:f10025:sent','done','10029','','2026-01-09 21:30:00.000000');
INSERT INTO "effects" VALUES('10030','10030:created:say','parked','','Jira answered 400: The issue has reached its limit of comments.','2026-01-09 21:30:00.000000');
INSERT INTO "effects" VALUES('10030','10030:created:parked:say','done','10033','','2026-01-09 21:30:00.000000');
INSERT INTO "effects" VALUES('10034','10034:created:say','done','10036','','2026-01-09 21:30:00.000000');
INSERT INTO "effects" VALUES('10034','10034:created:move','done','-','','2026-01-09 21:30:00.000000');
INSERT INTO "effects" VALUES('10034','10034:h10041:subtask:review','done','10042','','2026-01-09 21:35:00.000000');
INSERT INTO "effects" VALUES('10034','10034:h10041:say','done','10044','','2026-01-09 21:35:00.000000');
INSERT INTO "effects" VALUES('10034','10034:h10041:told:1768401300:step:say','done','10044','','2026-01-09 21:35:00.000000');
INSERT INTO "effects" VALUES('10034','10034:h10040:all','missed','','the ticket had left that stay before the bot looked','2026-01-09 21:35:00.000000');
INSERT INTO "effects" VALUES('10046','10046:created:say','done','10048','','2026-01-09 21:35:00.000000');
INSERT INTO "effects" VALUES('10046','10046:created:move','done','-','','2026-01-09 21:35:00.000000');
INSERT INTO "effects" VALUES('10030','10030:created:flag:step:100','done','-','','2026-01-09 22:30:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10028:move','done','-','','2026-01-12 16:00:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10056:subtask:review','done','10057','','2026-01-12 16:00:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10056:say','done','10059','','2026-01-12 16:00:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10056:told:1768413600:step:say','done','10059','','2026-01-12 16:00:00.000000');
INSERT INTO "effects" VALUES('10034','10034:h10041:moved:1768401300:2026-01-15','done','10061','','2026-01-13 12:00:00.000000');
INSERT INTO "effects" VALUES('10034','10034:h10041:drafted:1768487700:step:moved:1768401300:2026-01-15','done','10061','','2026-01-13 12:00:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10056:moved:1768413600:2026-01-15','done','10063','','2026-01-13 12:00:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10056:drafted:1768500000:step:moved:1768413600:2026-01-15','done','10063','','2026-01-13 12:00:00.000000');
INSERT INTO "effects" VALUES('10001','10001:h10056:answer:10065:1768305600','done','10066','','2026-01-13 12:00:00.000000');
CREATE TABLE intents (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	issue_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	effect_ids JSON NOT NULL, 
	call JSON NOT NULL, 
	highest_comment TEXT NOT NULL, 
	subtasks JSON NOT NULL, 
	public BOOLEAN NOT NULL, 
	began_at DATETIME NOT NULL, 
	began DOUBLE NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL
);
INSERT INTO "intents" VALUES(1,'10001','comment','["10001:created:say"]','{"to": "requirements"}','0','[]',1,'2026-01-05 15:00:00.000000',1.79560053947848463056e+09,'done','');
INSERT INTO "intents" VALUES(2,'10001','record','["10001:created:field", "10001:created:ledger"]','{}','','[]',0,'2026-01-05 15:00:00.000000',1.79560053948582696919e+09,'done','');
INSERT INTO "intents" VALUES(3,'10001','move','["10001:created:move"]','{"to": "Confirming Files"}','','[]',0,'2026-01-05 15:00:00.000000',1.79560053949239134792e+09,'done','');
INSERT INTO "intents" VALUES(4,'10001','record','["10001:h10005:field", "10001:h10005:ledger"]','{}','','[]',0,'2026-01-05 15:00:00.000000',1.79560053951075625417e+09,'done','');
INSERT INTO "intents" VALUES(5,'10001','record','["10001:h10005:ledger"]','{}','','[]',0,'2026-01-06 16:00:00.000000',1.7956005395565142631e+09,'done','');
INSERT INTO "intents" VALUES(6,'10001','move','["10001:h10005:move"]','{"to": "SecureStor Folder"}','','[]',0,'2026-01-06 16:00:00.000000',1.79560053955960702894e+09,'done','');
INSERT INTO "intents" VALUES(7,'10001','subtasks','["10001:h10008:subtask:folder", "10001:h10008:subtask:files"]','{}','','[]',0,'2026-01-06 16:00:00.000000',1.79560053957531714436e+09,'done','');
INSERT INTO "intents" VALUES(8,'10001','comment','["10001:h10008:say", "10001:h10008:told:1767895200:folder:say"]','{"to": "securestor_folder"}','10007','[]',1,'2026-01-06 16:00:00.000000',1.79560053958181881908e+09,'done','');
INSERT INTO "intents" VALUES(9,'10001','record','["10001:h10008:field", "10001:h10008:ledger"]','{}','','[]',0,'2026-01-06 16:00:00.000000',1.79560053958618474011e+09,'done','');
INSERT INTO "intents" VALUES(10,'10001','comment','["10001:h10008:say:folder:1767801600"]','{"to": "folder_ready"}','10013','[]',1,'2026-01-07 16:00:00.000000',1.79560053963869762421e+09,'done','');
INSERT INTO "intents" VALUES(11,'10001','record','["10001:h10008:field", "10001:h10008:ledger"]','{}','','[]',0,'2026-01-07 16:00:00.000000',1.79560053964447617529e+09,'done','');
INSERT INTO "intents" VALUES(12,'10001','subtask move','["10001:h10008:close:files:c10018"]','{"to": "Done"}','','[]',0,'2026-01-08 21:30:00.000000',1.7956005396964402199e+09,'failed','settled: Jira does not hold it');
INSERT INTO "intents" VALUES(13,'10001','subtask move','["10001:h10008:close:files:c10018"]','{"to": "Done"}','','[]',0,'2026-01-08 21:30:00.000000',1.79560062972582793229e+09,'done','');
INSERT INTO "intents" VALUES(14,'10001','record','["10001:h10008:ledger"]','{}','','[]',0,'2026-01-08 21:30:00.000000',1795600629.73081,'done','');
INSERT INTO "intents" VALUES(15,'10001','move','["10001:h10008:move"]','{"to": "Initial File Review"}','','[]',0,'2026-01-08 21:30:00.000000',1.79560062973617196079e+09,'done','');
INSERT INTO "intents" VALUES(16,'10001','subtasks','["10001:h10020:subtask:review"]','{}','','["10009", "10011"]',0,'2026-01-08 21:30:00.000000',1.79560062975498032572e+09,'done','');
INSERT INTO "intents" VALUES(17,'10001','comment','["10001:h10020:say", "10001:h10020:told:1768314600:step:say"]','{"to": "files_received"}','10018','[]',1,'2026-01-08 21:30:00.000000',1.79560062976268458362e+09,'done','');
INSERT INTO "intents" VALUES(18,'10001','record','["10001:h10020:field", "10001:h10020:ledger"]','{}','','[]',0,'2026-01-08 21:30:00.000000',1.7956006297697765827e+09,'done','');
INSERT INTO "intents" VALUES(19,'10001','record','["10001:h10020:field", "10001:h10020:ledger"]','{}','','[]',0,'2026-01-09 21:30:00.000000',1.79560062988084650041e+09,'done','');
INSERT INTO "intents" VALUES(20,'10001','move','["10001:h10020:move"]','{"to": "Waiting for District"}','','[]',0,'2026-01-09 21:30:00.000000',1.79560062988792252538e+09,'done','');
INSERT INTO "intents" VALUES(21,'10001','comment','["10001:h10028:say", "10001:h10028:f10025:sent"]','{"to": "files_need_revision"}','10023','[]',1,'2026-01-09 21:30:00.000000',1.79560062991310238835e+09,'done','');
INSERT INTO "intents" VALUES(22,'10001','record','["10001:h10028:ledger"]','{}','','[]',0,'2026-01-09 21:30:00.000000',1.79560062992112612727e+09,'done','');
INSERT INTO "intents" VALUES(23,'10030','comment','["10030:created:say"]','{"to": "requirements"}','0','[]',1,'2026-01-09 21:30:00.000000',1.79560062996494698523e+09,'failed','Jira answered 400: The issue has reached its limit of comments.');
INSERT INTO "intents" VALUES(24,'10030','record','["10030:created:field", "10030:created:ledger"]','{}','','[]',0,'2026-01-09 21:30:00.000000',1.79560062997118639947e+09,'done','');
INSERT INTO "intents" VALUES(25,'10030','comment','["10030:created:parked:say"]','{"to": "parked"}','0','[]',0,'2026-01-09 21:30:00.000000',1.79560062999419784539e+09,'done','');
INSERT INTO "intents" VALUES(26,'10030','record','["10030:created:ledger"]','{}','','[]',0,'2026-01-09 21:30:00.000000',1.79560063000150442122e+09,'done','');
INSERT INTO "intents" VALUES(27,'10034','comment','["10034:created:say"]','{"to": "requirements"}','0','[]',1,'2026-01-09 21:30:00.000000',1.79560063003892469405e+09,'done','');
INSERT INTO "intents" VALUES(28,'10034','record','["10034:created:field", "10034:created:ledger"]','{}','','[]',0,'2026-01-09 21:30:00.000000',1.79560063004722666743e+09,'done','');
INSERT INTO "intents" VALUES(29,'10034','move','["10034:created:move"]','{"to": "Confirming Files"}','','[]',0,'2026-01-09 21:30:00.000000',1.79560063005375146862e+09,'done','');
INSERT INTO "intents" VALUES(30,'10034','record','["10034:h10038:field", "10034:h10038:ledger"]','{}','','[]',0,'2026-01-09 21:30:00.000000',1.79560063007784414287e+09,'done','');
INSERT INTO "intents" VALUES(31,'10034','subtasks','["10034:h10041:subtask:review"]','{}','','[]',0,'2026-01-09 21:35:00.000000',1.79560063017834329601e+09,'done','');
INSERT INTO "intents" VALUES(32,'10034','comment','["10034:h10041:say", "10034:h10041:told:1768401300:step:say"]','{"to": "files_received"}','10036','[]',1,'2026-01-09 21:35:00.000000',1.79560063020591044423e+09,'done','');
INSERT INTO "intents" VALUES(33,'10034','record','["10034:h10041:field", "10034:h10041:ledger"]','{}','','[]',0,'2026-01-09 21:35:00.000000',1.79560063021690440171e+09,'done','');
INSERT INTO "intents" VALUES(34,'10046','comment','["10046:created:say"]','{"to": "requirements"}','0','[]',1,'2026-01-09 21:35:00.000000',1.79560063027812623977e+09,'done','');
INSERT INTO "intents" VALUES(35,'10046','record','["10046:created:field", "10046:created:ledger"]','{}','','[]',0,'2026-01-09 21:35:00.000000',1.79560063028630495073e+09,'done','');
INSERT INTO "intents" VALUES(36,'10046','move','["10046:created:move"]','{"to": "Confirming Files"}','','[]',0,'2026-01-09 21:35:00.000000',1.79560063029682326317e+09,'done','');
INSERT INTO "intents" VALUES(37,'10046','record','["10046:h10050:field", "10046:h10050:ledger"]','{}','','[]',0,'2026-01-09 21:35:00.000000',1.79560063031775951386e+09,'done','');
INSERT INTO "intents" VALUES(38,'10046','record','["10046:h10052:ledger"]','{}','','[]',0,'2026-01-09 21:35:00.000000',1.79560063035706710815e+09,'done','');
INSERT INTO "intents" VALUES(39,'10030','message','["10030:created:flag:step:100"]','{"to": "operator"}','','[]',0,'2026-01-09 22:30:00.000000',1.79560128990381813051e+09,'done','');
INSERT INTO "intents" VALUES(40,'10030','record','["10030:created:ledger"]','{}','','[]',0,'2026-01-09 22:30:00.000000',1.79560128990519857401e+09,'done','');
INSERT INTO "intents" VALUES(41,'10001','record','["10001:h10028:ledger"]','{}','','[]',0,'2026-01-12 16:00:00.000000',1.79560129004505133632e+09,'done','');
INSERT INTO "intents" VALUES(42,'10001','move','["10001:h10028:move"]','{"to": "Initial File Review"}','','[]',0,'2026-01-12 16:00:00.000000',1.79560129004851984973e+09,'done','');
INSERT INTO "intents" VALUES(43,'10001','subtasks','["10001:h10056:subtask:review"]','{}','','["10009", "10011", "10021"]',0,'2026-01-12 16:00:00.000000',1.79560129006695842748e+09,'done','');
INSERT INTO "intents" VALUES(44,'10001','comment','["10001:h10056:say", "10001:h10056:told:1768413600:step:say"]','{"to": "files_received"}','10055','[]',1,'2026-01-12 16:00:00.000000',1.79560129007129025456e+09,'done','');
INSERT INTO "intents" VALUES(45,'10001','record','["10001:h10056:field", "10001:h10056:ledger"]','{}','','[]',0,'2026-01-12 16:00:00.000000',1.79560129007739543915e+09,'done','');
INSERT INTO "intents" VALUES(46,'10034','comment','["10034:h10041:moved:1768401300:2026-01-15", "10034:h10041:drafted:1768487700:step:moved:1768401300:2026-01-15"]','{"to": "day_moved"}','10044','[]',0,'2026-01-13 12:00:00.000000',1.79560129016701149938e+09,'done','');
INSERT INTO "intents" VALUES(47,'10034','record','["10034:h10041:field", "10034:h10041:ledger"]','{}','','[]',0,'2026-01-13 12:00:00.000000',1.79560129018015599252e+09,'done','');
INSERT INTO "intents" VALUES(48,'10001','comment','["10001:h10056:moved:1768413600:2026-01-15", "10001:h10056:drafted:1768500000:step:moved:1768413600:2026-01-15"]','{"to": "day_moved"}','10059','[]',0,'2026-01-13 12:00:00.000000',1.79560129020123720165e+09,'done','');
INSERT INTO "intents" VALUES(49,'10001','record','["10001:h10056:field", "10001:h10056:ledger"]','{}','','[]',0,'2026-01-13 12:00:00.000000',1.79560129021937370293e+09,'done','');
INSERT INTO "intents" VALUES(50,'10001','comment','["10001:h10056:answer:10065:1768305600"]','{"to": "order_obeyed"}','10065','[]',0,'2026-01-13 12:00:00.000000',1.7956012902717211246e+09,'done','');
INSERT INTO "intents" VALUES(51,'10001','record','["10001:h10056:ledger"]','{}','','[]',0,'2026-01-13 12:00:00.000000',1.79560129028025794025e+09,'done','');
INSERT INTO "intents" VALUES(52,'10067','comment','["10067:created:say"]','{"to": "requirements"}','0','[]',1,'2026-01-14 16:00:00.000000',1.79560129039724159245e+09,'open','');
CREATE TABLE looks (
	id INTEGER NOT NULL, 
	issue_id TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	looked DOUBLE NOT NULL, 
	reason TEXT NOT NULL, 
	effects JSON NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "looks" VALUES(1,'10001','DDE-1','2026-01-05 15:00:00.000000',1.79560053949842596049e+09,'The ticket entered Request for Information on the DDE Automated Rostering Process.','["public comment: requirements", "moved the ticket to Confirming Files"]');
INSERT INTO "looks" VALUES(2,'10001','DDE-1','2026-01-05 15:00:00.000000',1.79560053951688694952e+09,'Waiting for the district; labels and fields were out of date.','[]');
INSERT INTO "looks" VALUES(3,'10001','DDE-1','2026-01-05 15:00:00.000000',1.79560053952473258967e+09,'Waiting for the district.','[]');
INSERT INTO "looks" VALUES(4,'10001','DDE-1','2026-01-06 16:00:00.000000',1.79560053956336879727e+09,'District Confirms the Ability to Produce the Required Files is complete.','["moved the ticket to SecureStor Folder"]');
INSERT INTO "looks" VALUES(5,'10001','DDE-1','2026-01-06 16:00:00.000000',1.79560053959234380716e+09,'The ticket entered Creation of SecureStor Folder; waiting for CLI Help Center and the district.','["made 2 subtasks", "public comment: securestor_folder"]');
INSERT INTO "looks" VALUES(6,'10001','DDE-1','2026-01-06 16:00:00.000000',1.79560053960335254666e+09,'Waiting for CLI Help Center and the district.','[]');
INSERT INTO "looks" VALUES(7,'10001','DDE-1','2026-01-07 16:00:00.000000',1.79560053965101337433e+09,'Waiting for the district.','["public comment: folder_ready"]');
INSERT INTO "looks" VALUES(8,'10001','DDE-1','2026-01-08 21:30:00.000000',1.79560062974189949035e+09,'Creation of SecureStor Folder is complete.','["moved a subtask to Done", "moved the ticket to Initial File Review"]');
INSERT INTO "looks" VALUES(9,'10001','DDE-1','2026-01-08 21:30:00.000000',1.79560062977732324595e+09,'The ticket entered Initial File Review; waiting for CLI Help Center.','["made 1 subtask", "public comment: files_received"]');
INSERT INTO "looks" VALUES(10,'10001','DDE-1','2026-01-08 21:30:00.000000',1.79560062979627108568e+09,'Waiting for CLI Help Center.','[]');
INSERT INTO "looks" VALUES(11,'10001','DDE-1','2026-01-09 21:30:00.000000',1.79560062989341282847e+09,'The files need a revision.','["moved the ticket to Waiting for District"]');
INSERT INTO "looks" VALUES(12,'10001','DDE-1','2026-01-09 21:30:00.000000',1.79560062992856287952e+09,'Round 1 ended with findings.','["public comment: files_need_revision"]');
INSERT INTO "looks" VALUES(13,'10001','DDE-1','2026-01-09 21:30:00.000000',1.79560062994509959215e+09,'Waiting for the district''s new files.','[]');
INSERT INTO "looks" VALUES(14,'10030','DDE-5','2026-01-09 21:30:00.000000',1.79560062998008799551e+09,'The ticket entered Request for Information on the DDE Automated Rostering Process.','[]');
INSERT INTO "looks" VALUES(15,'10030','DDE-5','2026-01-09 21:30:00.000000',1.79560063000732731816e+09,'Nothing to do.','["internal comment: parked"]');
INSERT INTO "looks" VALUES(16,'10034','DDE-6','2026-01-09 21:30:00.000000',1.79560063006572771067e+09,'The ticket entered Request for Information on the DDE Automated Rostering Process.','["public comment: requirements", "moved the ticket to Confirming Files"]');
INSERT INTO "looks" VALUES(17,'10034','DDE-6','2026-01-09 21:30:00.000000',1.79560063008657503128e+09,'Waiting for the district; labels and fields were out of date.','[]');
INSERT INTO "looks" VALUES(18,'10034','DDE-6','2026-01-09 21:30:00.000000',1.79560063010262155533e+09,'Waiting for the district.','[]');
INSERT INTO "looks" VALUES(19,'10034','DDE-6','2026-01-09 21:35:00.000000',1.79560063022739648821e+09,'The ticket entered Initial File Review; waiting for CLI Help Center.','["made 1 subtask", "public comment: files_received"]');
INSERT INTO "looks" VALUES(20,'10034','DDE-6','2026-01-09 21:35:00.000000',1.79560063025518345828e+09,'Waiting for CLI Help Center.','[]');
INSERT INTO "looks" VALUES(21,'10046','DDE-8','2026-01-09 21:35:00.000000',1.79560063030641937258e+09,'The ticket entered Request for Information on the DDE Automated Rostering Process.','["public comment: requirements", "moved the ticket to Confirming Files"]');
INSERT INTO "looks" VALUES(22,'10046','DDE-8','2026-01-09 21:35:00.000000',1.79560063032593679433e+09,'Waiting for the district; labels and fields were out of date.','[]');
INSERT INTO "looks" VALUES(23,'10046','DDE-8','2026-01-09 21:35:00.000000',1.79560063033753156656e+09,'Waiting for the district.','[]');
INSERT INTO "looks" VALUES(24,'10046','DDE-8','2026-01-09 21:35:00.000000',1.79560063048683881759e+09,'The onboarding has ended in Declined.','[]');
INSERT INTO "looks" VALUES(25,'10030','DDE-5','2026-01-09 22:30:00.000000',1.79560128990904545789e+09,'Request for Information on the DDE Automated Rostering Process: overdue.','["message to operator"]');
INSERT INTO "looks" VALUES(26,'10030','DDE-5','2026-01-10 15:00:00.000000',1.79560128996285653111e+09,'Nothing to do.','[]');
INSERT INTO "looks" VALUES(27,'10001','DDE-1','2026-01-12 16:00:00.000000',1.79560129005303859709e+09,'The district has sent new files.','["moved the ticket to Initial File Review"]');
INSERT INTO "looks" VALUES(28,'10001','DDE-1','2026-01-12 16:00:00.000000',1.79560129008604383465e+09,'The ticket entered Initial File Review; waiting for CLI Help Center.','["made 1 subtask", "public comment: files_received"]');
INSERT INTO "looks" VALUES(29,'10001','DDE-1','2026-01-12 16:00:00.000000',1.7956012901041617394e+09,'Waiting for CLI Help Center.','[]');
INSERT INTO "looks" VALUES(30,'10034','DDE-6','2026-01-13 12:00:00.000000',1.79560129019450259203e+09,'Waiting for CLI Help Center; the day that the district was told has moved.','["draft comment: day_moved"]');
INSERT INTO "looks" VALUES(31,'10001','DDE-1','2026-01-13 12:00:00.000000',1.7956012902288265228e+09,'Waiting for CLI Help Center; the day that the district was told has moved.','["draft comment: day_moved"]');
INSERT INTO "looks" VALUES(32,'10001','DDE-1','2026-01-13 12:00:00.000000',1.79560129028728652006e+09,'Somebody wrote /extend; waiting for CLI Help Center; the day that the district was told has moved.','["internal comment: order_obeyed"]');
INSERT INTO "looks" VALUES(33,'10001','DDE-1','2026-01-13 12:00:00.000000',1.79560129030254268648e+09,'Waiting for CLI Help Center; the day that the district was told has moved.','[]');
CREATE TABLE meta (
	name TEXT NOT NULL, 
	value JSON NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('born',1.79560053941537833216e+09);
INSERT INTO "meta" VALUES('identity','{"account": "712020:bot", "at": 1795601289.9985282}');
INSERT INTO "meta" VALUES('webhook watch','{"since": "2026-01-05T15:00:00+00:00", "seen": [["10034", "10034", 1768305600000, true], ["10001", "10001", 1768305600000, true]]}');
INSERT INTO "meta" VALUES('caught_up_until','"2026-01-14T15:00:00+00:00"');
INSERT INTO "meta" VALUES('born_at','"2026-01-06T16:00:00+00:00"');
INSERT INTO "meta" VALUES('nightly_at','"2026-01-12T15:00:00+00:00"');
INSERT INTO "meta" VALUES('closure cli 2026-01-13','{"calendar": "cli", "day": "2026-01-13", "closes": null, "reason": "ice storm", "by": "Lena", "at": "2026-01-13T12:00:00+00:00", "before": null}');
INSERT INTO "meta" VALUES('readyz',1.79560129030736827845e+09);
INSERT INTO "meta" VALUES('alert parked','{"told": 1795601290.3150842, "newest": "2026-01-09T21:35:00+00:00"}');
CREATE INDEX agenda_due ON agenda (class, due_at);
CREATE INDEX agenda_leased ON agenda (token);
CREATE INDEX deliveries_received ON deliveries (received);
CREATE INDEX intents_issue ON intents (issue_id, state);
CREATE INDEX intents_public ON intents (public, began_at);
CREATE INDEX intents_began ON intents (began);
CREATE INDEX effects_state ON effects (state);
CREATE INDEX looks_issue ON looks (issue_id, id);
CREATE INDEX looks_looked ON looks (looked);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('intents',52);
COMMIT;
